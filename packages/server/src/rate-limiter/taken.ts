import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit } from '../domain/access/rate-limits.ts';
import type { Taken } from './rate-limiter.ts';

/** The result of an admitted request. */
export const takenOf = (limit: RateLimit, { remainingPoints, msBeforeNext }: RateLimiterRes): Taken => ({
  isAdmitted: true,
  limit,
  remaining: remainingPoints,
  resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)),
});
