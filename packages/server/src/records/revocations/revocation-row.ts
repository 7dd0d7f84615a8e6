import type { Revocation, RevokedTokens } from '../../domain/access/revocation.ts';
import type { Row } from '../images/image-row.ts';
import { storedTime } from '../stored-values.ts';

/** In row order. */
export const REVOCATION_COLUMNS = ['user_id', 'token_id', 'not_before', 'forget_at'] as const;

const ANY = '';

export const cellsOf = ({ userId, tokenId, notBefore, forgetAt }: Revocation): (string | number)[] => [
  userId ?? ANY,
  tokenId ?? ANY,
  notBefore.getTime(),
  forgetAt.getTime(),
];

/** The revocation in a row of `REVOCATION_COLUMNS`. Errors: TypeError. */
export const revocationIn = ([userId, tokenId, notBefore, forgetAt]: Row): Revocation => ({
  ...tokensOf(String(userId), String(tokenId)),
  notBefore: storedTime(Number(notBefore)),
  forgetAt: storedTime(Number(forgetAt)),
});

function tokensOf(userId: string, tokenId: string): RevokedTokens {
  if (userId !== ANY) return { userId, tokenId: tokenId === ANY ? null : tokenId };
  if (tokenId === ANY) throw new TypeError('expected a user or a token in a revocation; got neither');
  return { userId: null, tokenId };
}
