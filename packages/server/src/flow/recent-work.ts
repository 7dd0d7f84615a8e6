import { AppError } from '../domain/errors.ts';

/** Shares work whose result is valid for a while among concurrent and later callers. */
export interface RecentWork<Key, Result> {
  /**
   * The result of `work`, or a recent one for the same key. Errors aren't cached. Errors: `unavailable` if too much work
   * waits.
   */
  once(key: Key, work: () => Promise<Result>): Promise<Result>;
  forget(key: Key): void;
}

export interface RecentWorkOptions {
  /** The limit of concurrent work; other work waits. */
  readonly maxAtOnce: number;
  /** The limit of waiting work; more is refused. */
  readonly maxWaiting: number;
  /** The limit of cached results, with FIFO eviction. */
  readonly maxKept: number;
  readonly keptMs: number;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
}

const RETRY_AFTER_SECONDS = 5;

export function createRecentWork<Key, Result>({
  maxAtOnce,
  maxWaiting,
  maxKept,
  keptMs,
  elapsedMs,
}: RecentWorkOptions): RecentWork<Key, Result> {
  const flights = new Map<Key, Promise<Result>>();
  const kept = new Map<Key, { readonly result: Result; readonly untilMs: number }>();
  const waiting: (() => void)[] = [];
  let atOnce = 0;

  async function inTurn(work: () => Promise<Result>): Promise<Result> {
    if (atOnce < maxAtOnce) atOnce += 1;
    else if (waiting.length < maxWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
    else {
      const detail = `expected at most ${maxWaiting} waiting checks; got more: try again`;
      throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else atOnce -= 1;
    }
  }

  function keep(key: Key, result: Result): void {
    kept.delete(key);
    for (const oldest of kept.keys()) {
      if (kept.size < maxKept) break;
      kept.delete(oldest);
    }
    kept.set(key, { result, untilMs: elapsedMs() + keptMs });
  }

  async function begin(key: Key, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await inTurn(work);
      keep(key, result);
      return result;
    } finally {
      flights.delete(key);
    }
  }

  return {
    async once(key, work) {
      const known = kept.get(key);
      if (known && elapsedMs() < known.untilMs) return known.result;
      const flight = flights.get(key) ?? begin(key, work);
      flights.set(key, flight);
      return flight;
    },

    forget: (key) => void kept.delete(key),
  };
}
