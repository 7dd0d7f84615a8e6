import {
  FAILED_CREDENTIALS,
  FAILED_SIGNATURES,
  type RateLimits,
  WRONG_PASSWORDS,
} from '../../domain/access/rate-limits.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Watch } from '../../observe/observer/store-calls.ts';
import { createMemoryRateLimiter } from './memory/memory.ts';
import type { CountedLimits, RateLimiter } from './rate-limiter.ts';

export interface RateLimiterOptions {
  readonly limits: RateLimits;
  /** Callers prove who they are, so their failures are counted too. */
  readonly authenticates: boolean;
  /** The URL of Redis or Valkey; null: each process counts alone. */
  readonly storeUrl: string | null;
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
  readonly watch: Watch<'redis'>;
}

/** A store in the same network answers in a millisecond. */
const WAITS = { answerMs: 500, connectMs: 1_000 };

export async function createRateLimiter({
  limits,
  authenticates,
  storeUrl,
  clock,
  observe,
  watch,
}: RateLimiterOptions): Promise<RateLimiter & AsyncDisposable> {
  const { lookedUp: requests, windowSeconds } = FAILED_CREDENTIALS;
  const counted: CountedLimits = {
    ...limits,
    signatures: FAILED_SIGNATURES,
    passwords: WRONG_PASSWORDS,
    ...(authenticates && { credentials: { requests, windowSeconds } }),
  };
  const memory = createMemoryRateLimiter({ limits: counted, clock });
  if (storeUrl === null) return { ...memory, [Symbol.asyncDispose]: async () => undefined };
  const { openRedisRateLimiter } = await import('./redis/redis.ts'); // its client takes 150 ms to load
  return openRedisRateLimiter({
    url: storeUrl,
    ...WAITS,
    limits: counted,
    fallback: memory,
    clock,
    observe,
    watch,
  });
}
