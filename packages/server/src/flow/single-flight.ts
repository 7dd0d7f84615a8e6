import { abortReason } from './abort.ts';

/** Runs work once for all concurrent callers with the same key. */
export interface SingleFlight<Key, Result> {
  /**
   * The result of `work`, or of the work that is in flight for the same key. A caller whose signal aborts gets its
   * reason; when the last caller has gone the work's own signal aborts, and the next caller starts anew.
   */
  run(key: Key, work: (signal: AbortSignal) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

interface Flight<Result> {
  result: Promise<Result>;
  readonly leaving: AbortController;
  waiting: number;
}

/**
 * Replaces a result, which may be large: a flight that has landed can stay reachable for long
 * (imaging/rendition-cache.ts).
 */
const LANDED: Promise<never> = Promise.withResolvers<never>().promise;

export function createSingleFlight<Key, Result>(): SingleFlight<Key, Result> {
  const flights = new Map<Key, Flight<Result>>();

  const begin = (key: Key, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> => {
    const leaving = new AbortController();
    const flight: Flight<Result> = { result: work(leaving.signal), leaving, waiting: 0 };
    flights.set(key, flight);
    return flight;
  };

  return {
    async run(key, work, signal) {
      if (signal?.aborted) throw abortReason(signal);
      const flight = flights.get(key) ?? begin(key, work);
      flight.waiting += 1;
      const gone = Promise.withResolvers<never>();
      const go = () => gone.reject(signal && abortReason(signal));
      signal?.addEventListener('abort', go, { once: true });
      try {
        return await Promise.race([flight.result, gone.promise]);
      } finally {
        signal?.removeEventListener('abort', go);
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.result = LANDED;
          if (signal?.aborted) flight.leaving.abort(abortReason(signal));
        }
      }
    },
  };
}
