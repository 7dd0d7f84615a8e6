import type { Revocation, RevokedTokens } from '../../../domain/access/revocation.ts';
import { optionalText, text, time } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, type ItemKey, tokenRevocationKey, viewRevocationKey } from '../../dynamodb/item-keys.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';

export const revocationKey = ({ userId, tokenId }: RevokedTokens): ItemKey =>
  userId === null ? tokenRevocationKey(tokenId) : viewRevocationKey(userId, tokenId);

export const revocationItem = (revocation: Revocation): Item => ({
  ...attributesOfKey(revocationKey(revocation)),
  ...(revocation.userId !== null && { userId: { S: revocation.userId } }),
  ...(revocation.tokenId !== null && { tokenId: { S: revocation.tokenId } }),
  notBefore: { N: String(revocation.notBefore.getTime()) },
  forgetAt: { N: String(revocation.forgetAt.getTime()) },
  [TTL_ATTRIBUTE]: { N: String(Math.ceil(revocation.forgetAt.getTime() / 1000)) },
});

/** Errors: TypeError. */
export const revocationIn = (item: Item): Revocation => ({
  ...tokensIn(item),
  notBefore: time(item, 'notBefore'),
  forgetAt: time(item, 'forgetAt'),
});

function tokensIn(item: Item): RevokedTokens {
  const userId = optionalText(item, 'userId');
  return userId === null
    ? { userId, tokenId: text(item, 'tokenId') }
    : { userId, tokenId: optionalText(item, 'tokenId') };
}
