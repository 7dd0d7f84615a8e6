import type { Revocation } from '../../domain/access/revocation.ts';
import type { MintedUploadToken } from '../../operations/upload-tokens/mint-upload-token.ts';
import type { MintedViewToken } from '../../operations/view-tokens/mint-view-token.ts';
import { isoTime } from '../answers/iso-time.ts';

/** The only answer with the text of a token. */
export const tokenJson = ({ token, text }: MintedUploadToken | MintedViewToken) => ({
  token: text,
  token_id: token.id,
  user_id: token.userId,
  expires_at: isoTime(token.expiresAt),
});

export const revocationJson = ({ userId, tokenId, notBefore }: Revocation) => ({
  user_id: userId,
  token_id: tokenId,
  not_before: isoTime(notBefore),
});
