import { type Caller, createFairLine } from '../../flow/fair-line.ts';

/** Most urgent first: inspections, whose bytes aren't durable yet; renditions with a waiting client; background work. */
export const URGENCIES = ['inspection', 'request', 'background'] as const;
export type Urgency = (typeof URGENCIES)[number];

/** Jobs in the order of execution: the more urgent first, then by the turns of a fair line. */
export interface WaitingJobs<Job extends Caller & { readonly urgency: Urgency }> {
  add(job: Job): void;
  /** Re-queues a job that had begun, before all of its urgency. */
  putBack(job: Job): void;
  /** False if the job isn't waiting (any more). */
  remove(job: Job): boolean;
  /** The next job of an urgency that may begin now. */
  take(mayBegin: (urgency: Urgency) => boolean): Job | undefined;
  count(urgency: Urgency): number;
  clear(): Job[];
}

/**
 * How many more urgent jobs go first while one waits; then it is its turn, which prevents starvation. A request costs a flood of
 * uploads a ninth of their throughput; three presets take about as long as eight requests, which costs a fifth.
 */
const PATIENCE = { inspection: Number.POSITIVE_INFINITY, request: 8, background: 32 } satisfies Record<Urgency, number>;

export function createWaitingJobs<Job extends Caller & { readonly urgency: Urgency }>(): WaitingJobs<Job> {
  const lines = {
    inspection: createFairLine<Job>(),
    request: createFairLine<Job>(),
    background: createFairLine<Job>(),
  } satisfies Record<Urgency, unknown>;
  const passedOver: Record<Urgency, number> = { inspection: 0, request: 0, background: 0 };

  return {
    add: (job) => lines[job.urgency].add(job),
    putBack: (job) => lines[job.urgency].putBack(job),
    remove: (job) => lines[job.urgency].remove(job),
    take: (mayBegin) => {
      const ready = URGENCIES.filter((urgency) => lines[urgency].count() > 0 && mayBegin(urgency));
      const chosen = ready.findLast((urgency) => passedOver[urgency] >= PATIENCE[urgency]) ?? ready[0];
      if (!chosen) return undefined;
      for (const urgency of ready) passedOver[urgency] = urgency === chosen ? 0 : passedOver[urgency] + 1;
      return lines[chosen].take();
    },
    count: (urgency) => lines[urgency].count(),
    clear: () => {
      const all = URGENCIES.flatMap((urgency) => lines[urgency].all());
      for (const job of all) lines[job.urgency].remove(job);
      return all;
    },
  };
}
