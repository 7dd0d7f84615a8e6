import { type Caller, createFairLine } from '../../flow/fair-line.ts';

/** Most urgent first: bytes that came in and aren't safe yet; renditions that somebody waits for; those nobody waits for. */
export const URGENCIES = ['inspection', 'request', 'background'] as const;
export type Urgency = (typeof URGENCIES)[number];

/** Jobs in the order they shall begin: the more urgent first, then by the turns of a fair line. */
export interface WaitingJobs<Job extends Caller & { readonly urgency: Urgency }> {
  add(job: Job): void;
  /** For one that had begun: it comes before all of its urgency. */
  putBack(job: Job): void;
  /** False when it doesn't wait (any more). */
  remove(job: Job): boolean;
  /** The next whose urgency may begin now. */
  take(mayBegin: (urgency: Urgency) => boolean): Job | undefined;
  count(urgency: Urgency): number;
  clear(): Job[];
}

/**
 * How many more urgent ones go first while one waits; then it is its turn, so that nothing waits for good. A request costs a
 * flood of uploads a ninth of their speed; three presets take about as long as eight requests, so that a flood of these loses a fifth.
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
