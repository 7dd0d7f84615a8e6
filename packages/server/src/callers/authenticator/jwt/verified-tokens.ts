import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../../../domain/access/principal.ts';

export interface VerifiedToken {
  readonly principal: Principal;
  /** The key that its signature is of: without the key the result is void. */
  readonly keyId: string;
  readonly expiresAt: Date;
}

/**
 * Results of recent verifications, because a client sends one token with many requests. Tokens themselves aren't kept.
 */
export interface VerifiedTokens {
  /** undefined: it must be verified. */
  get(token: string): VerifiedToken | undefined;
  add(token: string, verified: VerifiedToken): void;
}

export interface VerifiedTokensOptions {
  readonly clock: { now(): Date; elapsedMs(): number };
}

const KEPT_MS = 60_000;
/** About 5,000 tokens of 1,000 characters. */
const MAX_BYTES = 8_388_608;
/** The estimated size of an entry without a list of users. */
const ENTRY_BYTES = 600;

export function createVerifiedTokens({ clock }: VerifiedTokensOptions): VerifiedTokens {
  const kept = new LRUCache<string, VerifiedToken & { readonly untilMs: number }>({ maxSize: MAX_BYTES });
  const nameOf = (token: string): string => hash('sha256', token, 'base64url');
  return {
    get(token) {
      const found = kept.get(nameOf(token));
      return found !== undefined && clock.elapsedMs() < found.untilMs && clock.now() < found.expiresAt
        ? found
        : undefined;
    },
    add(token, verified) {
      kept.set(
        nameOf(token),
        { ...verified, untilMs: clock.elapsedMs() + KEPT_MS },
        { size: ENTRY_BYTES + token.length },
      );
    },
  };
}
