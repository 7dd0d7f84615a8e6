/** Most urgent first: bytes that came in and aren't safe yet; renditions that somebody waits for; those nobody waits for. */
export const URGENCIES = ['inspection', 'request', 'background'] as const;
export type Urgency = (typeof URGENCIES)[number];

/** Jobs in the order they shall begin: the more urgent first, then who came first. */
export interface WaitingJobs<Job extends { readonly urgency: Urgency }> {
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

export function createWaitingJobs<Job extends { readonly urgency: Urgency }>(): WaitingJobs<Job> {
  const lines: Record<Urgency, Job[]> = { inspection: [], request: [], background: [] };
  const passedOver: Record<Urgency, number> = { inspection: 0, request: 0, background: 0 };

  return {
    add: (job) => {
      lines[job.urgency].push(job);
    },
    putBack: (job) => {
      lines[job.urgency].unshift(job);
    },
    remove: (job) => {
      const line = lines[job.urgency];
      const index = line.indexOf(job);
      if (index >= 0) line.splice(index, 1);
      return index >= 0;
    },
    take: (mayBegin) => {
      const ready = URGENCIES.filter((urgency) => lines[urgency].length > 0 && mayBegin(urgency));
      const chosen = ready.findLast((urgency) => passedOver[urgency] >= PATIENCE[urgency]) ?? ready[0];
      if (!chosen) return undefined;
      for (const urgency of ready) passedOver[urgency] = urgency === chosen ? 0 : passedOver[urgency] + 1;
      return lines[chosen].shift();
    },
    count: (urgency) => lines[urgency].length,
    clear: () => URGENCIES.flatMap((urgency) => lines[urgency].splice(0)),
  };
}
