import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { Observer } from '../observer/observer.ts';
import { expectedConfinement } from './confinement/expected.ts';
import type { Confinement, Imaging, Inspection, Rendered, RenderSource, ToFetch } from './imaging.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { DecodeJob, DecodeResult } from './processes/decode-job.ts';
import { createDecodeProcesses, type RunOptions } from './processes/decode-processes.ts';
import { DECODE_JOB_TERMS } from './processes/job-terms.ts';
import { ENCODER } from './render/encoder.ts';

export interface ImagingOptions {
  /** From the start of one inspection, or of all that is rendered in one call, until its process is killed. */
  readonly timeoutSeconds: number;
  /** From when a client's file is there until its work begins. */
  readonly maxWaitSeconds?: number;
  readonly limits?: Limits;
  /**
   * A folder of its own, emptied at the start, best on the file system of the files to look at: decoders get theirs in it. Unset: a
   * temporary one.
   */
  readonly folder?: string;
  /**
   * What it means that the disk of `folder` is full: `insufficient-storage` where it also holds what is to stay, `overloaded` where it
   * holds temporary files alone, since these go.
   */
  readonly whenFull?: 'insufficient-storage' | 'overloaded';
  /** Bytes that jobs fetch at once. Unset: any number, for a store whose files are on this machine. */
  readonly maxFetchedBytes?: number;
  /** How decoders may be confined, the best first; the first that works is taken. */
  readonly levels?: readonly Confinement[];
  /** Files that decoders may read besides their own. */
  readonly readable?: readonly string[];
  /** Another module for decoders to run. */
  readonly childFile?: URL;
  /** Hears of decoders that start otherwise than was expected, and why. */
  readonly onConfinement?: (level: Confinement, reason: string) => void;
  readonly observe?: Observer;
}

/**
 * A waiting inspection is a path and no bytes: large images take about 1 s each, so on two cores the last waits half a minute.
 * Requests: the thumbnails of one page of a list, asked for at once. Background: a page of the sweeper (20) beside the worker's few jobs.
 */
const MAX_WAITING = { inspection: 64, request: 100, background: 32 };

/** Browsers and SDKs give up after half a minute or more; who has waited this long is told when to come again. */
const MAX_WAIT_SECONDS = 10;

const IDLE_SECONDS = 60;

/** A job's own bounds are in `DECODE_JOB_TERMS`. */
const MAX_CPU_SECONDS = 10;
/** What a file may have left behind in a decoder ends with it; a start takes as long as some five jobs. */
const MAX_JOBS = 500;
/** A process rests at 100 to 150 MB, after a cascade of the largest at 210: this one leaks, or holds what was huge. */
const MAX_RESTING_BYTES = 300 * 1_048_576;

const LEVELS: readonly Confinement[] = ['landlock', 'namespaces', 'unconfined'];

/** Starts nothing: the first process comes with the first job, and there are at most as many as cores. */
export function createImaging({
  timeoutSeconds,
  maxWaitSeconds = MAX_WAIT_SECONDS,
  limits = DEFAULT_LIMITS,
  folder = mkdtempSync(join(tmpdir(), 'decoders-')),
  whenFull = 'insufficient-storage',
  maxFetchedBytes = Number.POSITIVE_INFINITY,
  levels = LEVELS,
  readable = [],
  childFile = new URL('processes/decode-child.ts', import.meta.url),
  onConfinement = () => undefined,
  observe = () => undefined,
}: ImagingOptions): Imaging {
  rmSync(folder, { recursive: true, force: true }); // what a crash left
  mkdirSync(folder, { mode: 0o700 });
  let level = expectedConfinement(levels);
  const processes = createDecodeProcesses<DecodeJob, DecodeResult>({
    childFile,
    maxProcesses: availableParallelism(),
    maxWaiting: MAX_WAITING,
    maxWaitSeconds,
    maxFetchedBytes,
    timeoutSeconds,
    maxMemoryBytes: Number.POSITIVE_INFINITY,
    maxRestingBytes: MAX_RESTING_BYTES,
    maxCpuSeconds: MAX_CPU_SECONDS,
    maxJobs: MAX_JOBS,
    idleSeconds: IDLE_SECONDS,
    observe,
    confinement: {
      levels,
      folder,
      readable,
      terms: DECODE_JOB_TERMS,
      onStarted(found, reason) {
        if (found !== level) onConfinement(found, reason);
        level = found;
      },
    },
  });
  const run = (job: DecodeJob | ToFetch<DecodeJob>, options: RunOptions): Promise<DecodeResult> =>
    processes.run(job, options).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'insufficient-storage'
        ? new AppError(whenFull, error.detail, { cause: error })
        : error;
    });
  // A result is of its job's kind: `DECODE_JOB_TERMS` has parsed it.
  return {
    encoder: ENCODER,
    confinement: () => level,
    inspect: async (source, declaredType, turn) => {
      const jobOf = (path: string): DecodeJob => ({ kind: 'inspect', path, declaredType, limits });
      const job = typeof source === 'string' ? jobOf(source) : fetchedInto(source, ({ path }) => jobOf(path));
      return (await run(job, { ...turn, urgency: 'inspection' })) as Inspection;
    },
    render: async (source, outputs, options) => {
      const jobOf = (file: RenderSource): DecodeJob => ({ kind: 'render', source: file, outputs, limits });
      const job = 'fetch' in source ? fetchedInto(source, jobOf) : jobOf(source);
      return (await run(job, options)) as readonly Rendered[];
    },
    [Symbol.asyncDispose]: async () => {
      await processes[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A job that is made of what is fetched. */
const fetchedInto = <Source>(
  { sizeBytes, fetch }: ToFetch<Source>,
  jobOf: (source: Source) => DecodeJob,
): ToFetch<DecodeJob> => ({ sizeBytes, fetch: async (signal) => jobOf(await fetch(signal)) });
