import { AppError } from '../domain/errors.ts';
import { type Caller, whoGivesWay } from '../domain/fair-line.ts';

/** A place for each body that is being received. Nobody waits for one: a body holds its place for as long as its sender likes. */
export interface BodyPlaces {
  /**
   * A place until it is disposed of. Where all are taken, whoever has most gives up its newest body, at `giveWay`. Errors:
   * `overloaded` when that would be the newcomer.
   */
  enter(body: ReceivedBody): Disposable;
  /** How many found no free place so far. */
  refused(): number;
}

export interface ReceivedBody extends Caller {
  giveWay(error: AppError): void;
}

export function createBodyPlaces({ places }: { readonly places: number }): BodyPlaces {
  /** In the order they came. */
  const held = new Set<ReceivedBody>();
  let refused = 0;

  return {
    enter(body) {
      if (held.size >= places) {
        refused += 1;
        const giving = whoGivesWay([...held], body);
        const error = new AppError('overloaded', `expected a free place for a body; got ${held.size} others ahead`);
        if (!giving) throw error;
        held.delete(giving);
        giving.giveWay(error);
      }
      held.add(body);
      return { [Symbol.dispose]: () => void held.delete(body) };
    },

    refused: () => refused,
  };
}
