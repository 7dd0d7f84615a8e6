import { SafelightError } from '../errors.ts';

/** Waits. Errors: `aborted`. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface Retries {
  /** Further attempts after the first. */
  readonly retries: number;
  readonly pause: Pause;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Seconds. A longer wait is an error for the caller, who can tell the user. */
const LONGEST_RETRY_AFTER = 300;

/** Answers after which the same request may succeed. */
const TEMPORARY = [408, 429, 500, 502, 503, 504];

export const isTemporary = (error: unknown): error is SafelightError =>
  error instanceof SafelightError &&
  (error.code === 'network' ||
    error.code === 'timeout' ||
    (error.status !== undefined && TEMPORARY.includes(error.status)));

/** Whether a temporary error is worth another attempt now, after `failures` of them. */
export const isWorthRetrying = (error: unknown, failures: number, { retries }: Retries): error is SafelightError =>
  failures <= retries && isTemporary(error) && (error.retryAfter ?? 0) <= LONGEST_RETRY_AFTER;

export interface RetryOptions extends Retries {
  readonly signal?: AbortSignal | undefined;
  /** Of temporary errors, which may be followed by another attempt. Default: all. */
  readonly mayRepeat?: (error: SafelightError) => boolean;
}

/** Repeats `attempt` after temporary errors, with backoff. Never before the service's Retry-After. */
export async function retrying<Result>(attempt: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { mayRepeat = () => true } = options;
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isWorthRetrying(error, failures, options) || !mayRepeat(error)) throw error;
      await options.pause(pauseMs(error, failures), options.signal);
    }
  }
}

/** A timer can't wait for longer: it would end at once. 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Exponential backoff with full jitter, after the service's Retry-After. `failures`: 1 or more. */
export const pauseMs = ({ retryAfter = 0 }: Pick<SafelightError, 'retryAfter'>, failures: number): number =>
  Math.min(
    retryAfter * 1000 + Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS),
    LONGEST_TIMER_MS,
  );

export const pause: Pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal));
    const end = (): void => {
      clearTimeout(timer);
      if (signal) reject(aborted(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });

export const aborted = (signal: AbortSignal): SafelightError =>
  new SafelightError('aborted', 'expected the request to go on; got an abort', { cause: signal.reason });
