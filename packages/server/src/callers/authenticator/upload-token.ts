import type { Minter } from '../../domain/access/upload-token.ts';
import { isUploadTokenShaped, type UploadTokenText } from '../../domain/access/upload-token-text.ts';
import { userIdFault } from '../../domain/access/user-id.ts';
import { type CredentialVerifier, unauthenticated } from './credential.ts';
import type { LiveMinter } from './minter.ts';

export interface UploadTokenVerifierOptions {
  readonly tokens: UploadTokenText;
  readonly liveMinter: (minter: Minter) => Promise<LiveMinter>;
  readonly clock: { now(): Date };
}

/**
 * Verifies upload tokens. A token that an API key minted ends with that key, at once in the process that ends it, and
 * within five seconds in every other. Errors besides `unauthenticated`: those of `liveMinter`.
 */
export const createUploadTokenVerifier = ({
  tokens,
  liveMinter,
  clock,
}: UploadTokenVerifierOptions): CredentialVerifier => ({
  matches: isUploadTokenShaped,

  async verify(credential) {
    const token = tokens.tokenIn(credential);
    if (!token) throw unauthenticated('malformed');
    if (token.expiresAt <= clock.now()) throw unauthenticated('expired');
    if (userIdFault(token.userId) !== undefined) throw unauthenticated('invalid-user');
    return { kind: 'uploader', token, ...(await liveMinter(token.mintedBy)) };
  },
});
