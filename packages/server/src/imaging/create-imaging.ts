import { availableParallelism } from 'node:os';
import { coresForEach } from './cores.ts';
import type { DecodeJob } from './decode-job.ts';
import { createDecodeProcesses } from './decode-processes.ts';
import { ENCODER } from './encoder.ts';
import type { Imaging, RenderSource } from './imaging.ts';
import type { Inspected } from './inspect.ts';
import { createKnownHeaders } from './known-headers.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { RenderResult } from './render.ts';

export interface ImagingOptions {
  /** From the start of one inspection, or of all that is rendered in one call, until its process is killed. */
  readonly timeoutSeconds: number;
  /** From when a client's file is there until its work begins. */
  readonly maxWaitSeconds?: number;
  readonly limits?: Limits;
}

/**
 * A waiting inspection is a path and no bytes: large images take about 1 s each, so on two cores the last waits half a minute.
 * Requests: the thumbnails of one page of a list, asked for at once. Background: a page of the sweeper (20) beside the worker's few jobs.
 */
const MAX_WAITING = { inspection: 64, request: 100, background: 32 };

/** Browsers and SDKs give up after half a minute or more; who has waited this long is told when to come again. */
const MAX_WAIT_SECONDS = 10;

const IDLE_SECONDS = 60;

/** Jobs at the limits (limits.ts) peak at 870 MB, all frames of a large animation at once: what takes this much has gone wrong. */
const MAX_MEMORY_BYTES = 1024 * 1_048_576;
/** A process rests at 100 to 150 MB, after a cascade of the largest at 210: this one leaks, or holds what was huge. */
const MAX_RESTING_BYTES = 300 * 1_048_576;

/** Starts nothing: the first process comes with the first job, and there are at most as many as cores. */
export function createImaging({
  timeoutSeconds,
  maxWaitSeconds = MAX_WAIT_SECONDS,
  limits = DEFAULT_LIMITS,
}: ImagingOptions): Imaging {
  const maxProcesses = availableParallelism();
  const processes = createDecodeProcesses<DecodeJob, unknown>({
    childFile: new URL('decode-child.ts', import.meta.url),
    maxProcesses,
    cores: coresForEach(maxProcesses),
    maxWaiting: MAX_WAITING,
    maxWaitSeconds,
    timeoutSeconds,
    maxMemoryBytes: MAX_MEMORY_BYTES,
    maxRestingBytes: MAX_RESTING_BYTES,
    idleSeconds: IDLE_SECONDS,
  });
  const headers = createKnownHeaders();
  // The results are our own child's words, by the kind of job.
  return {
    encoder: ENCODER,
    inspect: async (path, declaredType, { sha256, ...turn } = {}) => {
      const job: DecodeJob = { kind: 'inspect', path, declaredType, limits };
      const { inspection, header } = (await processes.run(job, { ...turn, urgency: 'inspection' })) as Inspected;
      headers.keep(sha256, header);
      return inspection;
    },
    render: async (source, outputs, options) => {
      let sha256: string | undefined;
      const jobOf = (file: RenderSource): DecodeJob => {
        sha256 = file.sha256;
        return { kind: 'render', source: file, outputs, limits, header: headers.find(sha256) };
      };
      const job = typeof source === 'function' ? async () => jobOf(await source()) : jobOf(source);
      const { rendered, header } = (await processes.run(job, options)) as RenderResult;
      headers.keep(sha256, header);
      return rendered;
    },
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  };
}
