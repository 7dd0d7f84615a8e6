import { SafelightError } from '../errors.ts';

/** Waits. Errors: `aborted`. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

/** A pause that the service has asked for. */
export interface Wait {
  readonly ms: number;
  /** With its `retryAfter`. */
  readonly error: SafelightError;
}

export interface Retries {
  /** Further attempts after the first. */
  readonly retries: number;
  readonly pause: Pause;
  /** Called before each pause that the service has asked for. */
  readonly onWait?: ((wait: Wait) => void) | undefined;
}

/** An answer to a request for JSON takes at most as long as the longest poll and a verification. */
export const ANSWER_MS = 90_000;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Seconds. After a longer Retry-After the request fails at once: its caller decides whether to wait. */
const LONGEST_RETRY_AFTER = 300;
/** A longer `setTimeout` overflows and fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Answers after which the same request may succeed. */
const TEMPORARY = [408, 429, 500, 502, 503, 504];

export const isTemporary = (error: unknown): error is SafelightError =>
  error instanceof SafelightError &&
  (error.code === 'network' ||
    error.code === 'timeout' ||
    (error.status !== undefined && TEMPORARY.includes(error.status)));

/** With these answers the service says that it did nothing. A proxy's page doesn't say so. */
const REFUSALS = [429, 503];

/** Whether the service may have done what was asked, although no answer of it came. */
export const isAnswerLost = (error: unknown): boolean =>
  isTemporary(error) && (error.code === 'unexpected-answer' || !REFUSALS.includes(error.status ?? 0));

/** Whether a temporary error is worth another attempt now, after `failures` of them. */
export const isWorthRetrying = (error: unknown, failures: number, { retries }: Retries): error is SafelightError =>
  failures <= retries && isTemporary(error) && (error.retryAfter ?? 0) <= LONGEST_RETRY_AFTER;

export interface RetryOptions extends Retries {
  readonly signal?: AbortSignal | undefined;
  /** A repeat after a lost answer would do something twice. */
  readonly isOnce?: boolean | undefined;
}

/** Repeats `attempt` after temporary errors, with backoff. Never before the service's Retry-After. */
export async function retrying<Result>(attempt: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isWorthRetrying(error, failures, options) || (options.isOnce && isAnswerLost(error))) throw error;
      await pauseAfter(error, failures, options);
    }
  }
}

/** Errors: `aborted`. */
export async function pauseAfter(
  error: SafelightError,
  failures: number,
  { pause, onWait, signal }: Retries & Pick<RetryOptions, 'signal'>,
): Promise<void> {
  const ms = pauseMs(error, failures);
  if (error.retryAfter) onWait?.({ ms, error });
  await pause(ms, signal);
}

/** Exponential backoff with full jitter, after the service's Retry-After. `failures`: 1 or more. */
export const pauseMs = ({ retryAfter = 0 }: Pick<SafelightError, 'retryAfter'>, failures: number): number =>
  Math.min(
    retryAfter * 1000 + Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS),
    LONGEST_TIMER_MS,
  );

export const pause: Pause = (ms, signal) => {
  let timer: ReturnType<typeof setTimeout>;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return unlessAborted(passed, signal).finally(() => clearTimeout(timer));
};

/**
 * The result of `task`, or an abort that comes first; `task` itself goes on. Errors: `aborted`, and those of `task`.
 */
export const unlessAborted = <Result>(task: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> =>
  new Promise((resolve, reject) => {
    const end = (): void => signal && reject(aborted(signal));
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    task.then(resolve, reject).finally(() => signal?.removeEventListener('abort', end));
  });

/** Aborts with the first of both. */
export const either = (signal: AbortSignal | undefined, own: AbortSignal): AbortSignal =>
  signal ? AbortSignal.any([signal, own]) : own;

export const aborted = (signal: AbortSignal): SafelightError =>
  new SafelightError('aborted', 'expected the request to go on; got an abort', { cause: signal.reason });
