import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../../domain/access/rate-limits.ts';
import type { Observer } from '../../observer/observer.ts';
import { counterName } from '../counter-name.ts';
import type { CountedLimits, CountedPolicy, RateLimiter, Taken, Taking } from '../rate-limiter.ts';
import { takenOf } from '../taken.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';

export interface OpenRedisRateLimiterOptions {
  readonly url: string;
  /** The longest that a request waits for the store. */
  readonly answerMs: number;
  /** The longest that the start waits for it. */
  readonly connectMs: number;
  readonly limits: CountedLimits;
  /** Counts while the store is away. */
  readonly fallback: RateLimiter;
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
}

/** Counts in Redis or Valkey, together with other processes; alone while the store is away, so that no request fails or waits for it. */
export async function openRedisRateLimiter({
  url,
  answerMs,
  connectMs,
  limits,
  fallback,
  clock,
  observe,
}: OpenRedisRateLimiterOptions): Promise<RateLimiter & AsyncDisposable> {
  const store = await openSharedStore({ url, answerMs, connectMs, clock, observe });
  const limiters = new Map(
    Object.entries(limits).map(([policy, limit]) => [
      policy as CountedPolicy,
      { limit, limiter: inStore(store, limit) },
    ]),
  );
  return {
    async take(taking) {
      const counting = limiters.get(taking.policy);
      if (!counting) return undefined;
      return (await store.attempt(() => takeFrom(counting, taking))) ?? fallback.take(taking);
    },

    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

interface Counting {
  readonly limit: RateLimit;
  readonly limiter: RateLimiterRedis;
}

/**
 * Takes all requests or none, in one step. Arguments: the requests, the window in seconds, the limit. The answer to a refusal is a count
 * beyond the limit, as the library expects.
 */
const TAKE = `
local used = tonumber(redis.call('get', KEYS[1]) or '0')
local left = redis.call('pttl', KEYS[1])
if used + tonumber(ARGV[1]) > tonumber(ARGV[3]) then
  if left < 0 then left = 1000 * tonumber(ARGV[2]) end
  return {used + tonumber(ARGV[1]), left}
end
if left < 0 then
  redis.call('set', KEYS[1], ARGV[1], 'EX', ARGV[2])
  return {tonumber(ARGV[1]), 1000 * tonumber(ARGV[2])}
end
return {redis.call('incrby', KEYS[1], ARGV[1]), left}
`;

const inStore = ({ client }: SharedStore, { requests, windowSeconds }: RateLimit): RateLimiterRedis =>
  new RateLimiterRedis({
    storeClient: client,
    useRedisPackage: true,
    keyPrefix: 'safelight',
    points: requests,
    duration: windowSeconds,
    customIncrTtlLuaScript: TAKE,
  });

async function takeFrom({ limit, limiter }: Counting, { policy, share, requests }: Taking): Promise<Taken> {
  try {
    return takenOf(limit, await limiter.consume(counterName(policy, share), requests));
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    return { ...takenOf(limit, refused), isAdmitted: false, remaining: 0 };
  }
}
