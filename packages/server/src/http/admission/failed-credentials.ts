import { LRUCache } from 'lru-cache';
import type { BeforeGuess } from '../../callers/authenticator/authenticator.ts';
import type { RateLimiter } from '../../callers/rate-limiter/rate-limiter.ts';
import { FAILED_CREDENTIALS, shareOfAddress } from '../../domain/access/rate-limits.ts';
import { AppError } from '../../domain/errors.ts';
import { addHeaders } from '../answers/answer.ts';
import { addressOf } from '../request/client.ts';
import type { RouteContext } from '../route.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** Bounds what an address can ask with credentials that aren't valid. Valid ones pass, from any address. */
export interface FailedCredentials {
  /**
   * The principal that `authenticate` tells. Errors: those of `authenticate`, of which `unauthenticated` counts, and
   * `rate-limited`.
   */
  counting<Principal>(
    c: RouteContext,
    authenticate: (beforeGuess: BeforeGuess) => Promise<Principal>,
  ): Promise<Principal>;
}

/** Addresses for which no unknown key is read in this window. A forgotten one costs one read. */
const MAX_EXHAUSTED = 10_000;

/**
 * A credential that was valid until now is no guess: its secret or its seal was right. Pages renew a token after a 401
 * only, and those of a school have one address.
 */
const ENDED: readonly (string | undefined)[] = ['expired', 'revoked'];

export interface FailedCredentialsOptions {
  /** null: nothing is limited. */
  readonly limiter: RateLimiter | null;
  readonly clock: { elapsedMs(): number };
}

export function createFailedCredentials({ limiter, clock }: FailedCredentialsOptions): FailedCredentials {
  if (limiter === null) return { counting: (_, authenticate) => authenticate(() => undefined) };
  /** By address: until when. */
  const exhausted = new LRUCache<string, number>({ max: MAX_EXHAUSTED });

  return {
    async counting(c, authenticate) {
      const address = addressOf(c);
      const requireLookUp = (): void => {
        const untilMs = exhausted.get(address) ?? 0;
        const leftMs = untilMs - clock.elapsedMs();
        if (leftMs > 0) throw refusal(c, Math.ceil(leftMs / 1_000));
      };
      try {
        return await authenticate(requireLookUp);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
        const share = shareOfAddress(address);
        const [taken] = await limiter.take([{ policy: 'credentials', share, requests: 1, held: 0 }]);
        if (taken === undefined) throw error;
        const { isAdmitted, remaining, resetSeconds } = taken;
        if (!isAdmitted) exhausted.set(address, clock.elapsedMs() + resetSeconds * 1_000);
        const failures = FAILED_CREDENTIALS.lookedUp - remaining;
        const answered = ENDED.includes(error.reason) ? FAILED_CREDENTIALS.lookedUp : FAILED_CREDENTIALS.answered;
        throw failures > answered ? refusal(c, resetSeconds, error) : error;
      }
    },
  };
}

/** The refusal, equal for every fault of a credential. */
function refusal(c: RouteContext, resetSeconds: number, cause?: AppError): AppError {
  const policy = 'credentials';
  const { answered: requests, windowSeconds } = FAILED_CREDENTIALS;
  addHeaders(c, rateLimitHeaders([{ name: policy, limit: { requests, windowSeconds }, remaining: 0, resetSeconds }]));
  const detail = `expected at most ${requests} requests without a valid credential from an address in ${windowSeconds} s; got more: try again in ${resetSeconds} s, or with a valid credential`;
  const reason = cause?.reason === undefined ? {} : { reason: cause.reason };
  return new AppError('rate-limited', detail, { policy, retryAfterSeconds: resetSeconds, ...reason });
}
