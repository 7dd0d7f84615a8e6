import { type Payer, UNKNOWN_PAYER } from '../domain/access/payer.ts';
import { AppError } from '../domain/errors.ts';
import { type Costly, createFairLine, whoGivesWay } from './fair-line.ts';

/** Shares work whose result is valid for a while among concurrent and later callers. */
export interface RecentWork<Key, Result> {
  /**
   * The result of `work`, or a recent one for the same key. Errors aren't cached. Errors: `unavailable` if too much
   * work waits, and no payer has more of it.
   */
  once(key: Key, work: () => Promise<Result>, payer?: Payer): Promise<Result>;
  forget(key: Key): void;
}

export interface RecentWorkOptions {
  /** The limit of concurrent work; other work waits. */
  readonly maxAtOnce: number;
  /** The limit of waiting work; more is refused, the newest of the payer with most first. */
  readonly maxWaiting: number;
  /** The limit of cached results, with FIFO eviction. */
  readonly maxKept: number;
  readonly keptMs: number;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
}

const RETRY_AFTER_SECONDS = 5;

interface Waiting extends Costly {
  readonly begin: () => void;
  readonly refuse: (error: unknown) => void;
}

export function createRecentWork<Key, Result>({
  maxAtOnce,
  maxWaiting,
  maxKept,
  keptMs,
  elapsedMs,
}: RecentWorkOptions): RecentWork<Key, Result> {
  const flights = new Map<Key, Promise<Result>>();
  const kept = new Map<Key, { readonly result: Result; readonly untilMs: number }>();
  const line = createFairLine<Waiting>();
  let atOnce = 0;

  const tooMany = (): AppError => {
    const detail = `expected at most ${maxWaiting} waiting checks; got more: try again`;
    return new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  };

  const join = (newcomer: Waiting): void => {
    if (line.count() >= maxWaiting) {
      const giving = whoGivesWay(line.all(), newcomer);
      if (!giving) throw tooMany();
      line.remove(giving);
      giving.refuse(tooMany());
    }
    line.add(newcomer);
  };

  async function inTurn(work: () => Promise<Result>, payer: Payer): Promise<Result> {
    const { promise: turn, resolve: begin, reject: refuse } = Promise.withResolvers<void>();
    const own: Waiting = { payer, estimate: 1, begin, refuse };
    if (atOnce < maxAtOnce) {
      atOnce += 1;
      line.admit(own);
    } else {
      join(own);
      await turn;
    }
    try {
      return await work();
    } finally {
      line.finish(own, own.estimate);
      const next = line.take();
      if (next) next.begin();
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

  async function begin(key: Key, work: () => Promise<Result>, payer: Payer): Promise<Result> {
    try {
      const result = await inTurn(work, payer);
      keep(key, result);
      return result;
    } finally {
      flights.delete(key);
    }
  }

  return {
    async once(key, work, payer = UNKNOWN_PAYER) {
      const known = kept.get(key);
      if (known && elapsedMs() < known.untilMs) return known.result;
      const flight = flights.get(key) ?? begin(key, work, payer);
      flights.set(key, flight);
      return flight;
    },

    forget: (key) => void kept.delete(key),
  };
}
