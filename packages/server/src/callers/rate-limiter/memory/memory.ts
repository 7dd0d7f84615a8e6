import type { Share } from '../../../domain/access/rate-limits.ts';
import type { CountedLimits, RateLimiter } from '../rate-limiter.ts';
import { type CountedTaking, fits, takeFrom, type Window } from '../taken.ts';
import { createFairCache } from './fair-cache.ts';

/** Counters take about 0.3 KB each. */
export const MAX_COUNTERS = 20_000;

interface Counter {
  used: number;
  readonly endsAtMs: number;
}

export interface CreateMemoryRateLimiterOptions {
  readonly limits: CountedLimits;
  readonly clock: { elapsedMs(): number };
}

/**
 * Counts in this process. Holds `MAX_COUNTERS` counters of each kind of holder: beyond that the least recently used one
 * is forgotten, among its own kind, so strangers never displace a caller's, and a key's invented users never those of a
 * key with few.
 */
export function createMemoryRateLimiter({ limits, clock }: CreateMemoryRateLimiterOptions): RateLimiter {
  const create = () => createFairCache<Counter>(MAX_COUNTERS);
  const counters = { caller: create(), address: create(), member: create(), viewer: create() } satisfies Record<
    Share['holder'],
    unknown
  >;

  function step(takings: readonly CountedTaking[]): Window[] {
    const now = clock.elapsedMs();
    const found = takings.map((taking) => {
      const counter = counters[taking.share.holder].get(taking.share.owner, taking.counter);
      const isOpen = counter !== undefined && counter.endsAtMs > now;
      const window: Window = isOpen ? { used: counter.used, leftMs: counter.endsAtMs - now } : UNUSED;
      return { taking, counter: isOpen ? counter : undefined, window };
    });
    const areTaken = found.every(({ taking, window }) => fits(taking, window));
    for (const { taking, counter } of found) {
      const { share, requests, held, limit } = taking;
      if (counter) counter.used = Math.max(0, areTaken ? counter.used + requests : counter.used - held);
      else if (areTaken && requests > 0)
        counters[share.holder].set(share.owner, taking.counter, {
          used: requests,
          endsAtMs: now + limit.windowSeconds * 1_000,
        });
    }
    return found.map(({ window }) => window);
  }
  return { take: (takings) => takeFrom(limits, takings, async (counted) => step(counted)) };
}

const UNUSED: Window = { used: 0, leftMs: null };
