import { isRevoked, type RevocableToken, type Revocation } from '../../domain/access/revocation.ts';
import type { RevocationRepository } from '../../records/revocations/revocation-repository.ts';
import { createRecentReads } from './recent-reads.ts';

/** A token that was read takes 200 bytes. */
const MAX_TOKENS = 10_000;

/** No stranger causes a read: we signed the token. */
const SIGNED_BY_US = (): void => undefined;

export interface RecentRevocations {
  /** Whether the token was revoked, as stored at most five seconds ago. Errors: those of a read. */
  isRevoked(token: RevocableToken): Promise<boolean>;
  /** Makes later requests read the revocations of these tokens again, also while an earlier read waits. */
  outdate(tokens: Pick<Revocation, 'userId' | 'tokenId'>): void;
}

export interface RecentRevocationsOptions {
  readonly revocations: Pick<RevocationRepository, 'of'>;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
}

/** Reads the revocations of each token at most once in five seconds. Errors aren't remembered. */
export function createRecentRevocations({ revocations, elapsedMs }: RecentRevocationsOptions): RecentRevocations {
  const reads = createRecentReads<RevocableToken, { readonly revoked: true }>({
    nameOf: ({ id }) => id,
    async read(token) {
      return isRevoked(token, await revocations.of(token)) ? { revoked: true } : undefined;
    },
    elapsedMs,
    maxKnown: MAX_TOKENS,
    maxUnknown: MAX_TOKENS,
  });
  return {
    isRevoked: async (token) => (await reads.get(token, SIGNED_BY_US)) !== undefined,
    outdate: ({ userId, tokenId }) =>
      tokenId === null ? reads.outdateEach((token) => token.userId === userId) : reads.outdate(tokenId),
  };
}

/**
 * `revocations` for those who revoke: `recent` forgets what they change. So a process refuses a token at once that it
 * has answered to be revoked, also if the answer of the write was lost.
 */
export const outdatingRevocations = (
  revocations: RevocationRepository,
  { outdate }: Pick<RecentRevocations, 'outdate'>,
): RevocationRepository => ({
  ...revocations,
  add: (revocation) => revocations.add(revocation).finally(() => outdate(revocation)),
});
