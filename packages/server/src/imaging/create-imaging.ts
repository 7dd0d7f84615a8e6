import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { ReadFacts } from '../domain/facts/facts.ts';
import { eachType } from '../domain/image/media-type.ts';
import { estimatedSeconds } from '../domain/rendition/rendition-cost.ts';
import type { Observer } from '../observe/observer/observer.ts';
import { NO_TRACING, type Tracing } from '../observe/observer/tracing.ts';
import { expectedConfinement } from './confinement/expected.ts';
import type { Confinement, Imaging, Inspection, KnownConfinement, Rendered, RenderSource, ToFetch } from './imaging.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { DecodeJob, DecodeResult } from './processes/decode-job.ts';
import { createDecodeProcesses, type RunOptions } from './processes/decode-processes.ts';
import { CONFINEMENTS } from './processes/decode-reply.ts';
import { DECODE_JOB_TERMS } from './processes/job-terms.ts';
import type { MeasuredConfinement } from './processes/measure-confinement.ts';
import { ENCODER } from './render/encoder.ts';

export interface ImagingOptions {
  /** The time of one inspection, or of all renditions of one call, after which its process is killed. */
  readonly timeoutSeconds: number;
  /** How long a client's job may wait after its file is available. */
  readonly maxWaitSeconds?: number;
  readonly limits?: Limits;
  /**
   * The pixel limits of inspections, which may be lower than `limits.maxPixels`: renders still accept images that
   * passed an earlier limit.
   */
  readonly maxPixels?: Limits['maxPixels'];
  /**
   * Its own folder, emptied at the start, best on the file system of the input files, which are linked into it. Unset:
   * a temporary one.
   */
  readonly folder?: string;
  /**
   * The meaning of a full disk under `folder`: `insufficient-storage` if it also holds permanent files, `overloaded` if
   * it holds only temporary ones, because these are removed.
   */
  readonly whenFull?: 'insufficient-storage' | 'overloaded';
  /** The limit of bytes that jobs fetch concurrently. Unset: no limit, for a store with local files. */
  readonly maxFetchedBytes?: number;
  /** The acceptable levels of confinement, the best first; the first one that works is used. */
  readonly levels?: readonly Confinement[];
  /** The level of a decoder that was started before (`requireConfinement`). Unset: the expected level. */
  readonly measured?: Confinement;
  /** The level of such a decoder, while it is being measured; undefined: it can't be. */
  readonly measuring?: Promise<MeasuredConfinement | undefined>;
  /** Files that decoders may read in addition to their own. */
  readonly readable?: readonly string[];
  /** Another module for decoders to run. */
  readonly childFile?: URL;
  /** Called if a decoder's confinement differs from the expected level, with the reason. */
  readonly onConfinement?: (level: Confinement, reason: string) => void;
  readonly observe?: Observer;
  readonly tracing?: Tracing;
}

/**
 * A waiting inspection is a path without bytes: large images take about 1 s each, so on two cores the last waits half a
 * minute. Requests: the thumbnails of one page of a list, requested at once. Background: a page of the sweeper (20) and
 * the worker's few jobs.
 */
const MAX_WAITING = { inspection: 64, request: 100, background: 32 };

/**
 * Unless it is set. Browsers and SDKs give up after half a minute or more; a client that has waited this long gets
 * Retry-After.
 */
const MAX_WAIT_SECONDS = 10;

const IDLE_SECONDS = 60;

/** The limits of single jobs are in `DECODE_JOB_TERMS`. */
const MAX_CPU_SECONDS = 10;
/** State that a file left in a decoder ends with the process; a start takes as long as some five jobs. */
const MAX_JOBS = 500;
/**
 * An idle process holds 100 to 150 MB, after the largest cascade 210 MB: a larger one leaks, or keeps a huge buffer.
 */
const MAX_RESTING_BYTES = 300 * 1_048_576;

/** Starts no process: the first one starts with the first job; there are at most as many as cores. */
export function createImaging({
  timeoutSeconds,
  maxWaitSeconds = MAX_WAIT_SECONDS,
  limits = DEFAULT_LIMITS,
  maxPixels = limits.maxPixels,
  folder = mkdtempSync(join(tmpdir(), 'decoders-')),
  whenFull = 'insufficient-storage',
  maxFetchedBytes = Number.POSITIVE_INFINITY,
  levels = CONFINEMENTS,
  measured,
  measuring,
  readable = [],
  childFile = new URL('processes/decode-child.ts', import.meta.url),
  onConfinement = () => undefined,
  observe = () => undefined,
  tracing = NO_TRACING,
}: ImagingOptions): Imaging {
  rmSync(folder, { recursive: true, force: true }); // leftovers of a crash
  mkdirSync(folder, { mode: 0o700 });
  let confinement: KnownConfinement = measured ? { level: measured, isCertain: true } : expectedConfinement(levels);
  const seen = ({ level, reason }: MeasuredConfinement): void => {
    if (level !== confinement.level) onConfinement(level, reason);
    confinement = { level, isCertain: true };
  };
  const measuredLevel = measuring?.then((found) => {
    if (found && !confinement.isCertain) seen(found);
  });
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
    tracing,
    confinement: {
      levels,
      folder,
      readable,
      terms: DECODE_JOB_TERMS,
      onStarted: (level, reason) => seen({ level, reason }),
    },
  });
  const ofNew: Limits = { ...limits, maxPixels };
  /** An image that is ready stays so, whatever new ones may have; but not against a decoder's being switched off. */
  const ofReady: Limits = {
    ...limits,
    maxPixels: eachType((type) => (maxPixels[type] === 0 ? 0 : limits.maxPixels[type])),
  };
  const run = (job: DecodeJob | ToFetch<DecodeJob>, options: RunOptions): Promise<DecodeResult> =>
    processes.run(job, options).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'insufficient-storage'
        ? new AppError(whenFull, error.detail, { cause: error })
        : error;
    });
  // `DECODE_JOB_TERMS` has parsed the result as that of its job's kind.
  return {
    encoder: ENCODER,
    confinement: () => confinement,
    measuredConfinement: async () => {
      await measuredLevel;
      return confinement;
    },
    load: () => processes.load(),
    inspect: async (source, declaredType, { copyTo, latest, ...turn } = {}) => {
      const latestMs = latest?.getTime();
      const jobOf = (path: string): DecodeJob => ({
        kind: 'inspect',
        path,
        declaredType,
        limits: ofNew,
        copyTo,
        latestMs,
      });
      const job = typeof source === 'string' ? jobOf(source) : fetchedInto(source, ({ path }) => jobOf(path));
      return (await run(job, { ...turn, urgency: 'inspection' })) as Inspection;
    },
    readFacts: async (source, type, { latest }) => {
      const jobOf = (path: string): DecodeJob => ({ kind: 'facts', path, type, latestMs: latest.getTime() });
      const job = typeof source === 'string' ? jobOf(source) : fetchedInto(source, ({ path }) => jobOf(path));
      return (await run(job, { urgency: 'background' })) as ReadFacts;
    },
    render: async (source, outputs, options) => {
      const jobOf = (file: RenderSource): DecodeJob => ({ kind: 'render', source: file, outputs, limits: ofReady });
      const job = 'fetch' in source ? fetchedInto(source, jobOf) : jobOf(source);
      const recipes = outputs.map(({ recipe }) => recipe);
      const estimate = estimatedSeconds(recipes, 'fetch' in source ? source.sizeBytes : 0);
      return (await run(job, { ...options, estimatedSeconds: estimate })) as readonly Rendered[];
    },
    [Symbol.asyncDispose]: async () => {
      await processes[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A job with the path of the fetched file. */
const fetchedInto = <Source>(
  { sizeBytes, fetch }: ToFetch<Source>,
  jobOf: (source: Source) => DecodeJob,
): ToFetch<DecodeJob> => ({ sizeBytes, fetch: async (signal) => jobOf(await fetch(signal)) });
