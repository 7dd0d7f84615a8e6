import { AppError } from '../../domain/errors.ts';
import { type Charged, whoGivesWay } from '../../flow/fair-line.ts';
import type { JobPace } from './job-pace.ts';
import { URGENCIES, type Urgency } from './waiting-jobs.ts';

/** A job from its request to its end. */
export interface Place extends Charged {
  readonly urgency: Urgency;
  /** A started job is finished, and no longer has a place that others could take. */
  hasBegun(): boolean;
  /** It has no file yet, and wasn't given up. */
  isFetching(): boolean;
  /** Ends its wait, and its fetch. */
  giveUp(error: unknown): void;
  isGivenUp(): boolean;
  /** Resolves when all work for it has ended. */
  readonly left: Promise<void>;
}

export interface JobPlacesOptions {
  /** The limit of jobs per urgency, running and waiting. */
  readonly maxPlaces: Readonly<Record<Urgency, number>>;
  readonly pace: JobPace;
}

/** The places of jobs, limited by urgency. */
export interface JobPlaces {
  /**
   * If all places are taken, the new job takes over an abandoned place, or the payer with most gives one up now, and
   * the promise resolves when it is free: otherwise clients that disconnect quickly could cause more concurrent fetches
   * than there are places. Errors: `overloaded` if no other job gives way.
   */
  take(newcomer: Place): Promise<void> | undefined;
  leave(place: Place): void;
  countFetching(urgency: Urgency): number;
  /** The error of a job that is refused, with the time after which the jobs of its urgency are done. */
  overloaded(urgency: Urgency, detail: string): AppError;
  /** Gives up all jobs that haven't begun. */
  giveUp(error: AppError): void;
}

export function createJobPlaces({ maxPlaces, pace }: JobPlacesOptions): JobPlaces {
  /** In the order of arrival. */
  const places = new Set<Place>();
  const of = (urgency: Urgency): Place[] => [...places].filter((place) => place.urgency === urgency);

  const overloaded = (urgency: Urgency, detail: string): AppError => {
    const unfinished = Object.fromEntries(URGENCIES.map((each) => [each, of(each).length])) as Record<Urgency, number>;
    return new AppError('overloaded', detail, { retryAfterSeconds: pace.secondsFor(urgency, unfinished) });
  };

  return {
    take(newcomer) {
      const { urgency } = newcomer;
      const taken = of(urgency);
      if (taken.length < maxPlaces[urgency]) {
        places.add(newcomer);
        return undefined;
      }
      const waits = taken.filter((place) => !place.hasBegun());
      const error = overloaded(urgency, `expected a free place to decode; got ${taken.length} others ahead`);
      const giving = waits.find((place) => place.isGivenUp()) ?? whoGivesWay(waits, newcomer);
      if (!giving) throw error;
      giving.giveUp(error);
      places.delete(giving);
      places.add(newcomer);
      return giving.left;
    },
    leave: (place) => void places.delete(place),
    countFetching: (urgency) => of(urgency).filter((place) => place.isFetching()).length,
    overloaded,
    giveUp: (error) => {
      for (const place of places) if (!place.hasBegun()) place.giveUp(error);
    },
  };
}
