import { URGENCIES, type Urgency } from './waiting-jobs.ts';

/** The recent duration of jobs, from which Retry-After of a refused job is computed. */
export interface JobPace {
  took(urgency: Urgency, milliseconds: number): void;
  /** Whole seconds until this many jobs, of this urgency and more urgent ones, are done. */
  secondsFor(urgency: Urgency, unfinished: Readonly<Record<Urgency, number>>): number;
}

/** The weight of a new job in the moving average: it follows a change of load within some twenty jobs. */
const WEIGHT = 0.1;

/** Before the first end of a job: about the duration of a few. */
const UNKNOWN_SECONDS = 2;
/** A longer estimate is a guess: crashes or disconnecting clients may empty the queue earlier. */
const MAX_SECONDS = 30;

export function createJobPace(maxProcesses: number): JobPace {
  const mean: Partial<Record<Urgency, number>> = {};

  return {
    took: (urgency, milliseconds) => {
      const before = mean[urgency] ?? milliseconds;
      mean[urgency] = before + (milliseconds - before) * WEIGHT;
    },
    secondsFor: (urgency, unfinished) => {
      const ahead = URGENCIES.slice(0, URGENCIES.indexOf(urgency) + 1);
      if (mean[urgency] === undefined) return UNKNOWN_SECONDS;
      const milliseconds = ahead.reduce((sum, each) => sum + unfinished[each] * (mean[each] ?? 0), 0);
      return Math.min(Math.max(Math.ceil(milliseconds / maxProcesses / 1000), 1), MAX_SECONDS);
    },
  };
}
