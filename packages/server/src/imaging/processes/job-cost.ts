import type { DecodeProcess } from './decode-process.ts';

/** About the CPU time of a photograph of 5 megapixels. */
export const ESTIMATED_SECONDS = 0.1;

/** Half of the resolution of a process's CPU time (process-usage.ts): a shorter job isn't free. */
const LEAST_SECONDS = 0.005;

type Measured = Pick<DecodeProcess<never, never>, 'cpuSeconds'>;

export interface JobCost {
  /** CPU seconds; of a process that has died only the elapsed time is known, such as that of a bomb. */
  readonly chargedSeconds: number;
  /** null: unknown. */
  readonly cpuSeconds: number | null;
}

/** From now; the result tells the cost since. */
export function measureCost(child: Measured): () => JobCost {
  const [cpuBefore, begunAt] = [child.cpuSeconds(), performance.now()];
  return () => {
    const cpuAfter = child.cpuSeconds();
    const cpuSeconds = cpuBefore !== undefined && cpuAfter !== undefined ? cpuAfter - cpuBefore : null;
    return {
      chargedSeconds: Math.max(cpuSeconds ?? (performance.now() - begunAt) / 1000, LEAST_SECONDS),
      cpuSeconds,
    };
  };
}
