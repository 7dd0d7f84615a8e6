import { type ApiKey, type KeyTerms, kindOf, newKey, usersOf } from '../../domain/access/api-key.ts';
import { issueKey } from '../../domain/access/api-key-text.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** A key that was just made: only now its text is known. */
export interface CreatedKey {
  readonly key: ApiKey;
  readonly text: string;
}

/** Errors: `invalid-request` for terms that make no principal, or that have ended already; `user-erased`. */
export async function createKey(
  services: Pick<Services, 'keys' | 'blocked' | 'clock' | 'randomBytes'>,
  terms: KeyTerms,
): Promise<CreatedKey> {
  const { keys, blocked, clock, randomBytes } = services;
  const now = clock.now();
  if (kindOf(terms) === undefined) {
    throw invalidField(
      '/owner',
      'expected an owner, acts_as, acts_as_prefixes or the scope images:admin; got none of them',
    );
  }
  if (terms.scopes.includes('images:moderate') && kindOf(terms) !== 'admin' && terms.actsAs !== 'everyone') {
    throw invalidField(
      '/scopes',
      'expected acts_as ["*"] with images:moderate, which is for all images; got other users',
    );
  }
  if (terms.scopes.includes('users:erase') && kindOf(terms) === 'user') {
    throw invalidField('/scopes', 'expected acts_as or images:admin with users:erase, which no user has; got neither');
  }
  if (terms.expiresAt !== null && terms.expiresAt <= now) {
    const got = terms.expiresAt.toISOString();
    throw invalidField('/expires_at', `expected a time after now, ${now.toISOString()}; got ${got}`);
  }
  for (const userId of new Set(usersOf(terms))) await blocked.requireUnblocked(userId);
  const issued = issueKey(now, randomBytes);
  const key = newKey(issued, terms, now);
  await keys.create(key);
  return { key, text: issued.text };
}
