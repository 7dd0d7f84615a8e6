import { availableParallelism } from 'node:os';
import { createDecodeProcesses } from './decode-processes.ts';
import type { Imaging, Inspection } from './imaging.ts';
import type { InspectJob } from './inspect.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';

export interface ImagingOptions {
  /** From the start of one decode until its process is killed. */
  readonly timeoutSeconds: number;
  readonly limits?: Limits;
}

/** A waiting job is a path and no bytes. Large images take about 1 s each, so on two cores the last one waits half a minute. */
const MAX_WAITING = 64;

const IDLE_SECONDS = 60;

/** Decodes at the limits (limits.ts) peak below 600 MB: what takes this much has gone wrong. */
const MAX_MEMORY_BYTES = 1024 * 1_048_576;
/** A process rests at 60 to 110 MB, also after the largest decodes: this one leaks. */
const MAX_RESTING_BYTES = 300 * 1_048_576;

/** Starts nothing: the first process comes with the first job, and there are at most as many as cores. */
export function createImaging({ timeoutSeconds, limits = DEFAULT_LIMITS }: ImagingOptions): Imaging {
  const processes = createDecodeProcesses<InspectJob, Inspection>({
    childFile: new URL('decode-child.ts', import.meta.url),
    maxProcesses: availableParallelism(),
    maxWaiting: MAX_WAITING,
    timeoutSeconds,
    maxMemoryBytes: MAX_MEMORY_BYTES,
    maxRestingBytes: MAX_RESTING_BYTES,
    idleSeconds: IDLE_SECONDS,
  });
  return {
    inspect: (path, declaredType) => processes.run({ path, declaredType, limits }),
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  };
}
