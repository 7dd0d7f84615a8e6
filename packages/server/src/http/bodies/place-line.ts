import { AppError } from '../../domain/errors.ts';
import { abortReason } from '../../flow/abort.ts';
import { type Costly, createFairLine, whoGivesWay } from '../../flow/fair-line.ts';
import type { PlaceLine } from '../route.ts';

export interface PlaceLineOptions {
  readonly places: number;
  /** 0: without a free place, work is refused at once. */
  readonly maxWaiting: number;
  /** The purpose of a place, as in "expected a free place for a large JSON body". */
  readonly holds: string;
}

interface Waiting extends Costly {
  readonly enter: () => void;
  readonly refuse: (error: unknown) => void;
}

export function createPlaceLine({ places, maxWaiting, holds }: PlaceLineOptions): PlaceLine {
  const line = createFairLine<Waiting>();
  let inside = 0;
  const leave = (one: Waiting): void => {
    line.finish(one, one.estimate);
    const next = line.take();
    if (next) next.enter();
    else inside -= 1;
  };
  /** A place that is released once, however often it is disposed of. */
  const place = (one: Waiting): Disposable => {
    let isLeft = false;
    return {
      [Symbol.dispose]() {
        if (!isLeft) leave(one);
        isLeft = true;
      },
    };
  };
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
      const waiting: Waiting = { payer, estimate: 1, enter: resolve, refuse: reject };
      if (inside < places) {
        inside += 1;
        line.admit(waiting);
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
