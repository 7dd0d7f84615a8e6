import { type Costly, createFairLine } from '../../flow/fair-line.ts';
import { createShares } from '../../flow/shares.ts';

/**
 * Most urgent first: inspections, whose bytes aren't durable yet; renditions with a waiting client; background work.
 */
export const URGENCIES = ['inspection', 'request', 'background'] as const;
export type Urgency = (typeof URGENCIES)[number];

export interface SharedJob extends Costly {
  readonly urgency: Urgency;
}

/**
 * Jobs in the order of execution: the more urgent first, then the job of the payer that has used least, in jobs of any
 * urgency.
 */
export interface WaitingJobs<Job extends SharedJob> {
  add(job: Job): void;
  /** Re-queues a job that had begun, before all of its urgency. */
  putBack(job: Job): void;
  /** False if the job isn't waiting (any more). */
  remove(job: Job): boolean;
  /** The next job of an urgency that may begin now. */
  take(mayBegin: (urgency: Urgency) => boolean): Job | undefined;
  /** A job that was taken has ended, or never begins. */
  finish(job: Job, cost: number): void;
  count(urgency: Urgency): number;
  clear(): Job[];
}

/**
 * How many more urgent jobs go first while one waits; then it is its turn, which prevents starvation. A request costs a
 * flood of uploads a ninth of their throughput; three presets take about as long as eight requests, which costs a
 * fifth.
 */
const PATIENCE = { inspection: Number.POSITIVE_INFINITY, request: 8, background: 32 } satisfies Record<Urgency, number>;

export function createWaitingJobs<Job extends SharedJob>(): WaitingJobs<Job> {
  const shares = createShares();
  const lines = {
    inspection: createFairLine<Job>(shares),
    request: createFairLine<Job>(shares),
    background: createFairLine<Job>(shares),
  } satisfies Record<Urgency, unknown>;
  /** Jobs that had begun, the next one first. */
  const again = { inspection: [], request: [], background: [] } satisfies Record<Urgency, unknown> as Record<
    Urgency,
    Job[]
  >;
  const passedOver: Record<Urgency, number> = { inspection: 0, request: 0, background: 0 };

  const count = (urgency: Urgency): number => again[urgency].length + lines[urgency].count();

  const remove = (job: Job): boolean => {
    if (lines[job.urgency].remove(job)) return true;
    const place = again[job.urgency].indexOf(job);
    if (place < 0) return false;
    again[job.urgency].splice(place, 1);
    lines[job.urgency].finish(job, job.estimate); // it had begun
    return true;
  };

  return {
    add: (job) => lines[job.urgency].add(job),
    putBack: (job) => void again[job.urgency].unshift(job),
    remove,
    take: (mayBegin) => {
      const ready = URGENCIES.filter((urgency) => count(urgency) > 0 && mayBegin(urgency));
      const chosen = ready.findLast((urgency) => passedOver[urgency] >= PATIENCE[urgency]) ?? ready[0];
      if (!chosen) return undefined;
      for (const urgency of ready) passedOver[urgency] = urgency === chosen ? 0 : passedOver[urgency] + 1;
      return again[chosen].shift() ?? lines[chosen].take();
    },
    finish: (job, cost) => lines[job.urgency].finish(job, cost),
    count,
    clear: () => {
      const all = URGENCIES.flatMap((urgency) => [...again[urgency], ...lines[urgency].all()]);
      for (const job of all) remove(job);
      return all;
    },
  };
}
