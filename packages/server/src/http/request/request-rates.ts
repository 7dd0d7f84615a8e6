import type { Access } from '../../domain/access/policy.ts';
import { RATE_POLICY_OF, type RatePolicy, shareOf } from '../../domain/access/rate-limits.ts';
import { AppError } from '../../domain/errors.ts';
import type { RateLimiter } from '../../rate-limiter/rate-limiter.ts';
import { addHeaders } from '../answers/answer.ts';
import { rateLimitHeaders } from '../answers/rate-limit-headers.ts';
import type { RouteContext } from '../route.ts';
import { addressOf } from './client.ts';

/**
 * Counts requests to the rate limit of their operation; `limiter` is null if nothing is limited. Errors: `rate-limited`; the requests
 * aren't counted then.
 */
export async function countRequests(
  c: RouteContext,
  limiter: RateLimiter | null,
  { principal, operation, requests }: Pick<Access, 'principal' | 'operation'> & { readonly requests: number },
): Promise<void> {
  const policy: RatePolicy | null = RATE_POLICY_OF[operation];
  if (limiter === null || policy === null || requests === 0) return;
  const share = shareOf(principal, addressOf(c));
  if (share === null) return;
  const taken = await limiter.take({ policy, share, requests });
  if (taken === undefined) return;
  addHeaders(c, rateLimitHeaders(policy, taken));
  if (taken.isAdmitted) return;
  const { limit, resetSeconds } = taken;
  const asked = requests === 1 ? 'more' : `${requests} more, in a batch`;
  const detail = `expected at most ${limit.requests} requests of the policy ${policy} in ${limit.windowSeconds} s; got ${asked}: try again in ${resetSeconds} s`;
  throw new AppError('rate-limited', detail, { policy, retryAfterSeconds: resetSeconds });
}

/** Counts the members of a batch once its body has told their number; one of them was counted as the request. Errors: `rate-limited`. */
export async function countMembers(
  c: RouteContext,
  { rateLimiter }: { readonly rateLimiter: RateLimiter | null },
  members: number,
): Promise<void> {
  c.set('concerns', { count: members });
  await countRequests(c, rateLimiter, { ...c.get('access'), requests: members - 1 });
}
