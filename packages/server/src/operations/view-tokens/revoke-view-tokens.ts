import { seesEveryone, userOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type Revocation, type RevokedTokens, revocationOf } from '../../domain/access/revocation.ts';
import { type AppError, invalidField } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/**
 * Ends all view tokens of the user whom the request acts for that were issued until now, or the one with this id. A
 * request that acts for everyone may name the id alone. An id that no token has is no error. Errors: `invalid-request`
 * if the request names neither, or no user although it acts for some; those of a write.
 */
export async function revokeViewTokens(
  { revocations, clock }: Pick<Services, 'revocations' | 'clock'>,
  access: Access,
  tokenId: string | null,
): Promise<Revocation> {
  return revocations.add(revocationOf(revokedBy(access, tokenId), clock.now()));
}

/** A revocation of an id counts for the user of the request only, if there is one: nobody ends a stranger's token. */
function revokedBy(access: Access, tokenId: string | null): RevokedTokens {
  const userId = userOf(access);
  if (userId !== null) return { userId, tokenId };
  if (!seesEveryone(access)) throw noUser('expected a user, since this credential acts for some users only; got none');
  if (tokenId === null) throw noUser('expected a user_id or a token_id; got neither');
  return { userId, tokenId };
}

const noUser = (detail: string): AppError => invalidField('user_id', detail, { reason: 'no-user' });
