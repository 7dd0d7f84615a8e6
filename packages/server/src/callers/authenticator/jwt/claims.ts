import { createHash } from 'node:crypto';
import { type Actors, isClosedToUsers, type Principal, SCOPES, type Scope } from '../../../domain/access/principal.ts';
import { MAX_PREFIXES, prefixFault, userIdFault } from '../../../domain/access/user-id.ts';
import { unauthenticated } from '../credential.ts';
import { type Claims, claimIn, hasValue, textsOf, wordsIn } from './claim-values.ts';
import type { TokenRules } from './token-rules.ts';

/** Longest list of users that a token acts for, as of an API key. */
const MAX_USERS = 100;
const EVERYONE = '*';

/** Whom a verified token stands for. Errors: `unauthenticated`. */
export function principalOf(claims: Claims, rules: TokenRules): Principal {
  const actors = actorsOf(claims);
  if (rules.admin && hasValue(claims, rules.admin)) return { kind: 'admin', actors, mayErase: false };
  const scopes = scopesOf(claims, rules);
  const actsAs = rules.actAsClaim === null ? undefined : claimIn(claims, rules.actAsClaim);
  const prefixes = rules.actAsPrefixesClaim === null ? undefined : claimIn(claims, rules.actAsPrefixesClaim);
  if (actsAs !== undefined && prefixes !== undefined) throw unauthenticated('invalid-claim');
  if (actsAs !== undefined) return { kind: 'service', users: usersIn(actsAs), scopes, actors };
  if (prefixes !== undefined) return { kind: 'service', users: { prefixes: prefixesIn(prefixes) }, scopes, actors };
  return { kind: 'user', userId: userIdOf(claims, rules.userClaims), scopes, actors };
}

/** A fingerprint, because it is stored with every upload, and a subject may be a person's address. */
function actorsOf(claims: Claims): Actors {
  const issuer = claims['iss'] ?? null;
  if (issuer !== null && typeof issuer !== 'string') throw unauthenticated('invalid-claim');
  const subject = requiredText(claims, 'sub');
  return [
    `jwt_${createHash('sha256')
      .update(JSON.stringify([issuer, subject]))
      .digest('base64url')}`,
  ];
}

/** One claim is the id as it is. Several are escaped and joined, so that no two lists of values make the same id. */
function userIdOf(claims: Claims, names: readonly string[]): string {
  const values = names.map((name) => userId(requiredText(claims, name)));
  const [only = ''] = values;
  return userId(values.length === 1 ? only : values.map(escaped).join(':'));
}

const escaped = (value: string): string => value.replaceAll('%', '%25').replaceAll(':', '%3A');

function usersIn(actsAs: unknown): ReadonlySet<string> | 'everyone' {
  const users = textsOf(actsAs);
  if (users.length === 1 && users[0] === EVERYONE) return 'everyone';
  if (users.length === 0 || users.length > MAX_USERS || users.includes(EVERYONE))
    throw unauthenticated('invalid-claim');
  return new Set(users.map(userId));
}

function prefixesIn(given: unknown): readonly string[] {
  const prefixes = textsOf(given);
  const isValid = prefixes.length > 0 && prefixes.length <= MAX_PREFIXES;
  if (!isValid || prefixes.some((one) => prefixFault(one) !== undefined)) throw unauthenticated('invalid-claim');
  return [...new Set(prefixes)];
}

/** Issuers put scopes in one of these. */
const SCOPE_CLAIMS = ['scope', 'scp', 'permissions'];

/**
 * Scopes make no admin and no moderator, and let nobody erase users: users may ask many issuers for any scope, and
 * JWT_ADMIN names what only admins have.
 */
function scopesOf(claims: Claims, { scopePrefix, defaultScopes }: TokenRules): readonly Scope[] {
  const given = SCOPE_CLAIMS.map((name) => claimIn(claims, name)).filter((one) => one !== undefined);
  const words = given.flatMap((one) => wordsIn(textsOf(one)));
  const ours = SCOPES.filter((scope) => words.includes(scopePrefix + scope));
  return ours.length === 0 ? defaultScopes : ours.filter((scope) => !isClosedToUsers(scope));
}

function requiredText(claims: Claims, name: string): string {
  const value = claimIn(claims, name);
  if (value === undefined) throw unauthenticated('missing-claim');
  if (typeof value !== 'string' || value === '') throw unauthenticated('invalid-claim');
  return value;
}

function userId(text: string): string {
  if (userIdFault(text) !== undefined) throw unauthenticated('invalid-claim');
  return text;
}
