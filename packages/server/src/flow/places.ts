import type { Payer } from '../domain/access/payer.ts';
import { AppError } from '../domain/errors.ts';
import { type Charged, whoGivesWay } from './fair-line.ts';

/** Places for work that may last. Nobody waits for one, because a holder may keep its place for long. */
export interface Places {
  /**
   * A place until it is disposed of. If all are taken, the payer with most places loses its newest, through `giveWay`.
   * Errors: `overloaded` if that would be the newcomer.
   */
  enter(holder: Holder): Disposable;
  /** The number of refusals so far. */
  refused(): number;
}

export interface Holder extends Charged {
  giveWay(error: AppError): void;
}

export interface PlacesOptions {
  readonly places: number;
  /** The purpose of a place, as in "expected a free place for a body". */
  readonly holds: string;
}

export function createPlaces({ places, holds }: PlacesOptions): Places {
  /** In order of arrival. */
  const held = new Set<Holder>();
  let refused = 0;

  return {
    enter(holder) {
      if (held.size >= places) {
        refused += 1;
        const giving = whoGivesWay([...held], holder);
        const error = new AppError('overloaded', `expected a free place for ${holds}; got ${held.size} others ahead`, {
          params: { ahead: held.size },
        });
        if (!giving) throw error;
        held.delete(giving);
        giving.giveWay(error);
      }
      held.add(holder);
      return { [Symbol.dispose]: () => void held.delete(holder) };
    },

    refused: () => refused,
  };
}

/** A place for a wait that may end early. */
export interface Seat extends Disposable {
  /** Aborts when another payer gets the place; from the start if there is none. */
  readonly taken: AbortSignal;
}

export function takeSeat(places: Places, payer: Payer): Seat {
  const taken = new AbortController();
  const giveWay = (): void => taken.abort();
  let place: Disposable | undefined;
  try {
    place = places.enter({ payer, giveWay });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    giveWay();
  }
  return { taken: taken.signal, [Symbol.dispose]: () => place?.[Symbol.dispose]() };
}
