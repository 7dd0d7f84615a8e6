import type { RateLimit, RatePolicy, Share } from '../../domain/access/rate-limits.ts';

/**
 * `credentials`: refused credentials of an address. `signatures`: its URLs without a valid signature. `passwords`: its
 * wrong passwords for a link.
 */
export type CountedPolicy = RatePolicy | 'credentials' | 'signatures' | 'passwords';

/** A policy without a limit isn't counted. */
export type CountedLimits = { readonly [Policy in CountedPolicy]?: RateLimit };

export interface Taking {
  readonly policy: CountedPolicy;
  readonly share: Share;
  /** An integer: all are taken, or none. A negative one gives back what was taken in this window. */
  readonly requests: number;
  /**
   * Requests that an earlier step of the same request took from this share; if this step is refused, they are given
   * back.
   */
  readonly held: number;
}

/** What a share has, of one policy. */
export interface Taken {
  /** Whether this share had as many requests left. They were taken only if each share of the call had. */
  readonly isAdmitted: boolean;
  /** The limit of this share. */
  readonly limit: RateLimit;
  /** Requests that are left of the window; 0 for a share that refused. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/**
 * Counts the requests of each share in fixed windows: a window begins with a share's first request, and with it the
 * count. Exact among concurrent requests. Two windows may meet in a burst: twice the limit around their boundary. Never
 * fails, and never waits long.
 */
export interface RateLimiter {
  /**
   * Takes all of `takings` or none, in one step. The result of each is in the same order; undefined: its policy has no
   * limit. No two of them have the same policy and the same share.
   */
  take(takings: readonly Taking[]): Promise<readonly (Taken | undefined)[]>;
}
