import type { DecodeProcess } from './decode-process.ts';

/** About the CPU time of a photograph of 5 megapixels. */
export const ESTIMATED_SECONDS = 0.1;

/** Half of the resolution of a process's CPU time (process-usage.ts): a shorter job isn't free. */
const LEAST_SECONDS = 0.005;

type Measured = Pick<DecodeProcess<never, never>, 'cpuSeconds'>;

/** From now; the result tells the CPU seconds since. Of a process that has died only the elapsed time is known, such as that of a bomb. */
export function measureCost(child: Measured): () => number {
  const [cpuBefore, begunAt] = [child.cpuSeconds(), performance.now()];
  return () => {
    const cpuAfter = child.cpuSeconds();
    const isKnown = cpuBefore !== undefined && cpuAfter !== undefined;
    return Math.max(isKnown ? cpuAfter - cpuBefore : (performance.now() - begunAt) / 1000, LEAST_SECONDS);
  };
}
