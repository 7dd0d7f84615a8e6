import type { TokenUse } from '../../domain/access/upload-token.ts';
import { tokenUsesKey } from './item-keys.ts';
import { TTL_ATTRIBUTE } from './schema.ts';
import type { Write } from './table.ts';

/** The write that counts one more upload of a token. It fails if `maxImages` are counted. */
export const countedUse = ({ tokenId, maxImages, forgetAt }: TokenUse): Write => ({
  count: tokenUsesKey(tokenId),
  max: maxImages,
  set: [TTL_ATTRIBUTE, { N: String(Math.ceil(forgetAt.getTime() / 1000)) }],
});
