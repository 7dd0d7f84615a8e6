import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit, Share } from '../../domain/access/rate-limits.ts';
import { counterName } from '../counter-name.ts';
import type { CountedLimits, RateLimiter } from '../rate-limiter.ts';
import { takenOf } from '../taken.ts';

/** Counters take about 0.6 KB each. */
export const MAX_COUNTERS = 20_000;

/**
 * Counts in this process. Holds `MAX_COUNTERS` counters of callers and as many of addresses: beyond that the least recently used one is
 * forgotten, among its own kind, so strangers never displace a caller's.
 */
export function createMemoryRateLimiter(limits: CountedLimits): RateLimiter {
  const counters: Record<Share['holder'], Counters> = { caller: createCounters(), address: createCounters() };
  return {
    async take({ policy, share, requests }) {
      const limit = limits[policy];
      if (limit === undefined) return undefined;
      const limiter = counters[share.holder].of(policy, limit);
      const name = counterName(policy, share);
      try {
        const counted = limiter.consume(name, requests);
        counters[share.holder].keep(name, limiter);
        return takenOf(limit, await counted);
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        await limiter.reward(name, requests);
        return { ...takenOf(limit, refused), isAdmitted: false, remaining: 0 };
      }
    },
  };
}

interface Counters {
  of(policy: string, limit: RateLimit): RateLimiterMemory;
  /** Marks it as used now. */
  keep(name: string, limiter: RateLimiterMemory): void;
}

function createCounters(): Counters {
  const limiters = new Map<string, RateLimiterMemory>();
  const used = new LRUCache<string, RateLimiterMemory>({
    max: MAX_COUNTERS,
    dispose: (limiter, name, reason) => {
      if (reason === 'evict') void limiter.delete(name);
    },
  });
  return {
    of(policy, { requests, windowSeconds }) {
      const limiter =
        limiters.get(policy) ?? new RateLimiterMemory({ keyPrefix: '', points: requests, duration: windowSeconds });
      limiters.set(policy, limiter);
      return limiter;
    },
    keep: (name, limiter) => void used.set(name, limiter),
  };
}
