import type { MintedUploadToken } from '../../operations/upload-tokens/mint-upload-token.ts';
import { isoTime } from '../answers/iso-time.ts';

/** The only answer with the text of a token. */
export const uploadTokenJson = ({ token, text }: MintedUploadToken) => ({
  token: text,
  token_id: token.id,
  user_id: token.userId,
  expires_at: isoTime(token.expiresAt),
});
