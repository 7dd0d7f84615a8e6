import type { RateLimit, RatePolicy, Share } from '../domain/access/rate-limits.ts';

/** `credentials`: refused credentials of an address. */
export type CountedPolicy = RatePolicy | 'credentials';

/** A policy without a limit isn't counted. */
export type CountedLimits = { readonly [Policy in CountedPolicy]?: RateLimit };

export interface Taking {
  readonly policy: CountedPolicy;
  readonly share: Share;
  /** A positive integer: all are taken, or none. */
  readonly requests: number;
}

export interface Taken {
  readonly isAdmitted: boolean;
  readonly limit: RateLimit;
  /** Requests that are left of the window; 0 after a refusal. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/**
 * Counts the requests of each share in fixed windows: a window begins with a share's first request, and with it the count. Exact among
 * concurrent requests. Two windows may meet in a burst: twice the limit around their boundary. Never fails, and never waits long.
 */
export interface RateLimiter {
  /** undefined: the policy has no limit. */
  take(taking: Taking): Promise<Taken | undefined>;
}
