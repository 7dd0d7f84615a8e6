import type { CountedPolicy, Taken } from '../../rate-limiter/rate-limiter.ts';
import type { AnswerHeaders } from '../route.ts';

/** The limit of this request and what is left of it (draft-ietf-httpapi-ratelimit-headers-11): lists of strings with parameters (RFC 9651). */
export const rateLimitHeaders = (
  policy: CountedPolicy,
  { limit, remaining, resetSeconds }: Omit<Taken, 'isAdmitted'>,
): AnswerHeaders => ({
  'ratelimit-policy': `"${policy}";q=${limit.requests};w=${limit.windowSeconds}`,
  ratelimit: `"${policy}";r=${remaining};t=${resetSeconds}`,
});
