import { URGENCIES, type Urgency } from './waiting-jobs.ts';

/** How long jobs took lately: what tells who finds no place when to come again. */
export interface JobPace {
  took(urgency: Urgency, milliseconds: number): void;
  /** Whole seconds until so many jobs, of this urgency and more urgent ones, are done. */
  secondsFor(urgency: Urgency, unfinished: Readonly<Record<Urgency, number>>): number;
}

/** Each new job's share in the mean: it follows a change of work within some twenty jobs. */
const WEIGHT = 0.1;

/** Before any has ended: about what a few take. */
const UNKNOWN_SECONDS = 2;
/** Past this it's a guess; the queue may have been emptied by deaths or by clients that left. */
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
