import { AppError } from '../../domain/errors.ts';
import { type Caller, whoGivesWay } from '../../flow/fair-line.ts';

/** A place for each body that is being received. Nobody waits for one, because a sender may hold its place for long. */
export interface BodyPlaces {
  /**
   * A place until it is disposed of. If all are taken, the client with most places loses its newest, through `giveWay`.
   * Errors: `overloaded` if that would be the newcomer.
   */
  enter(body: ReceivedBody): Disposable;
  /** The number of refusals so far. */
  refused(): number;
}

export interface ReceivedBody extends Caller {
  giveWay(error: AppError): void;
}

export function createBodyPlaces({ places }: { readonly places: number }): BodyPlaces {
  /** In order of arrival. */
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
