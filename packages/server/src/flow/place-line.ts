import type { Payer } from '../domain/access/payer.ts';
import { AppError } from '../domain/errors.ts';
import { abortReason } from './abort.ts';
import { type Costly, createFairLine, whoGivesWay } from './fair-line.ts';

/** Limits concurrent work. What waits for a place takes turns by payer. */
export interface PlaceLine {
  /**
   * Resolves when there is a free place; dispose to leave it. Errors: `overloaded` if too many wait and no payer has
   * more of them, or if a payer with fewer took this place; the signal's reason once it aborts.
   */
  enter(visitor: Visitor): Promise<Disposable>;
}

export interface Visitor {
  /** Whose share the place is. */
  readonly payer: Payer;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface PlaceLineOptions {
  readonly places: number;
  /** 0: without a free place, work is refused at once. */
  readonly maxWaiting: number;
  /** The purpose of a place, as in "expected a free place for a large JSON body". */
  readonly holds: string;
  /** The most places of one payer, although others are free. Default: all. */
  readonly placesOfOne?: number;
  /**
   * A place costs the time for which it is held, and until its end the longest time. Default: all places cost the same.
   */
  readonly timed?: { readonly longestMs: number; readonly elapsedMs: () => number };
}

interface Waiting extends Costly {
  /** When its turn came. */
  startMs: number;
  readonly enter: () => void;
  readonly refuse: (error: unknown) => void;
}

export function createPlaceLine({
  places,
  maxWaiting,
  holds,
  placesOfOne = places,
  timed,
}: PlaceLineOptions): PlaceLine {
  const line = createFairLine<Waiting>();
  const inside = new Set<Waiting>();

  const mayEnter = ({ payer: { account, member } }: Waiting): boolean => {
    if (inside.size >= places) return false;
    const own = [...inside].filter(({ payer }) => payer.account === account && payer.member === member);
    return own.length < placesOfOne;
  };
  const begin = (one: Waiting): void => {
    one.startMs = timed?.elapsedMs() ?? 0;
    inside.add(one);
  };
  const leave = (one: Waiting): void => {
    if (!inside.delete(one)) return;
    line.finish(one, timed ? timed.elapsedMs() - one.startMs : one.estimate);
    for (let next = line.take(mayEnter); next; next = line.take(mayEnter)) {
      begin(next);
      next.enter();
    }
  };
  /** A place that is released once, however often it is disposed of. */
  const place = (one: Waiting): Disposable => ({ [Symbol.dispose]: () => leave(one) });
  const overloaded = (): AppError =>
    new AppError('overloaded', `expected a free place for ${holds}; got ${places + line.count()} others ahead`, {
      params: { ahead: places + line.count() },
    });

  const join = (newcomer: Waiting): void => {
    if (line.count() >= maxWaiting) {
      const giving = whoGivesWay(line.all(), newcomer);
      if (!giving) throw overloaded();
      giving.refuse(overloaded());
      line.remove(giving);
    }
    line.add(newcomer);
  };

  return {
    async enter({ payer, signal }) {
      if (signal.aborted) throw abortReason(signal);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiting: Waiting = { payer, estimate: timed?.longestMs ?? 1, startMs: 0, enter: resolve, refuse: reject };
      if (mayEnter(waiting)) {
        line.admit(waiting);
        begin(waiting);
        return place(waiting);
      }
      join(waiting);
      const go = () => {
        if (line.remove(waiting)) reject(abortReason(signal));
      };
      signal.addEventListener('abort', go);
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', go);
      }
      return place(waiting);
    },
  };
}
