import { CLOCK_ALLOWANCE_MS } from '../../domain/access/revocation.ts';
import type { Minter } from '../../domain/access/upload-token.ts';
import { userIdFault } from '../../domain/access/user-id.ts';
import { isViewTokenShaped, type ViewTokenText } from '../../domain/access/view-token-text.ts';
import { type CredentialVerifier, unauthenticated } from './credential.ts';
import type { LiveMinter } from './minter.ts';
import type { RecentRevocations } from './recent-revocations.ts';

/**
 * A revocation lies one allowance ahead, and a mint issues after it; the clock of this process may be behind by another
 * one. A token of a clock that is further ahead would outlive revocations. The second is for the milliseconds that
 * repeated revocations add.
 */
const MAX_AHEAD_MS = 2 * CLOCK_ALLOWANCE_MS + 1_000;

export interface ViewTokenVerifierOptions {
  readonly tokens: ViewTokenText;
  readonly recent: RecentRevocations;
  readonly liveMinter: (minter: Minter) => Promise<LiveMinter>;
  readonly clock: { now(): Date };
}

/**
 * Verifies view tokens. A token ends with the API key that minted it, or by a revocation: at once in the process that
 * ends it, and within five seconds in every other. Errors besides `unauthenticated`: those of `liveMinter`, and of a
 * read of revocations, so a store that is away lets nobody in.
 */
export const createViewTokenVerifier = ({
  tokens,
  recent,
  liveMinter,
  clock,
}: ViewTokenVerifierOptions): CredentialVerifier => ({
  matches: isViewTokenShaped,

  async verify(credential) {
    const token = tokens.tokenIn(credential);
    if (!token) throw unauthenticated('malformed');
    const now = clock.now();
    if (token.expiresAt <= now) throw unauthenticated('expired');
    if (token.issuedAt.getTime() > now.getTime() + MAX_AHEAD_MS) throw unauthenticated('not-yet-valid');
    if (userIdFault(token.userId) !== undefined) throw unauthenticated('invalid-user');
    if (await recent.isRevoked(token)) throw unauthenticated('revoked'); // before its minter, which notes a use
    return { kind: 'viewer', token, ...(await liveMinter(token.mintedBy)) };
  },
});
