import type { Taken } from '../../callers/rate-limiter/rate-limiter.ts';
import type { AnswerHeaders } from '../route.ts';

/** A limit that a request met or counted to, with its name, such as `upload`. */
export interface ToldLimit extends Pick<Taken, 'limit' | 'remaining' | 'resetSeconds'> {
  readonly name: string;
}

/**
 * The limits of this request and what is left of them (draft-ietf-httpapi-ratelimit-headers-11): lists of strings with
 * parameters (RFC 9651).
 */
export const rateLimitHeaders = (limits: readonly ToldLimit[]): AnswerHeaders => ({
  'ratelimit-policy': limits
    .map(({ name, limit }) => `"${name}";q=${limit.requests};w=${limit.windowSeconds}`)
    .join(', '),
  ratelimit: limits.map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`).join(', '),
});
