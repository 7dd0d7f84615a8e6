import type { Observer } from '../../../observe/observer/observer.ts';
import type { Watch } from '../../../observe/observer/store-calls.ts';
import type { CountedLimits, RateLimiter } from '../rate-limiter.ts';
import { type CountedTaking, takeFrom, type Window } from '../taken.ts';
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
  readonly watch: Watch<'redis'>;
}

/**
 * Counts in Redis or Valkey, together with other processes; alone while the store is away, so that no request fails or
 * waits for it.
 */
export async function openRedisRateLimiter({
  url,
  answerMs,
  connectMs,
  limits,
  fallback,
  clock,
  observe,
  watch,
}: OpenRedisRateLimiterOptions): Promise<RateLimiter & AsyncDisposable> {
  const store = await openSharedStore({ url, answerMs, connectMs, clock, observe });
  return {
    async take(takings) {
      if (takings.every(({ policy }) => limits[policy] === undefined)) return takings.map(() => undefined);
      const work = () => takeFrom(limits, takings, (counted) => watch('take', () => step(store, counted)));
      return (await store.attempt(work)) ?? fallback.take(takings);
    },

    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/**
 * Takes all requests of all counters or none, in one step; if none, what was held is given back. Arguments, for each
 * key: the requests, those that are held, the limit, the window in seconds. The answer, for each key: the count before,
 * and the milliseconds until its window ends; -1: it hasn't begun.
 */
const TAKE = `
local windows, fits = {}, true
for i, key in ipairs(KEYS) do
  local left = redis.call('pttl', key)
  local used = left > 0 and tonumber(redis.call('get', key)) or 0
  if used + tonumber(ARGV[4 * i - 3]) > tonumber(ARGV[4 * i - 1]) then fits = false end
  windows[2 * i - 1], windows[2 * i] = used, left > 0 and left or -1
end
for i, key in ipairs(KEYS) do
  local requests, held, used = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2]), windows[2 * i - 1]
  if fits and windows[2 * i] > 0 then
    redis.call('incrby', key, requests)
  elseif fits and requests > 0 then
    redis.call('set', key, requests, 'EX', ARGV[4 * i])
  elseif not fits and used > 0 and held > 0 then
    redis.call('decrby', key, math.min(held, used))
  end
end
return windows
`;

async function step({ client }: SharedStore, takings: readonly CountedTaking[]): Promise<Window[]> {
  const answer = await client.eval(TAKE, {
    keys: takings.map(({ counter }) => `safelight:${counter}`),
    arguments: takings.flatMap(({ requests, held, limit }) =>
      [requests, held, limit.requests, limit.windowSeconds].map(String),
    ),
  });
  const numbers = answer as readonly number[];
  return takings.map((_, index) => {
    const [used = 0, leftMs = -1] = numbers.slice(2 * index, 2 * index + 2);
    return { used, leftMs: leftMs > 0 ? leftMs : null };
  });
}
