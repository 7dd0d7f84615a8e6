import { writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { type JobFolder, SMALL_OUTPUT_BYTES, UnexpectedFile } from '../confinement/job-folder.ts';
import { systemCodeOf } from './decode-reply.ts';

/** What a process must know about its kind of jobs. */
export interface JobTerms<Job, Result> {
  maxMemoryBytes(job: Job): number;
  /** The input files. */
  inputsOf(job: Job): readonly string[];
  /** The output files. */
  outputsOf(job: Job): readonly string[];
  /** The job with other paths. */
  placed(job: Job, inputAt: (index: number) => string, outputAt: (index: number) => string): Job;
  /** Throws unless the value is a sound answer to the job; without the bytes that were sent with it. */
  parse(value: unknown, job: Job): Result;
  /** The answer with the bytes that were sent of its outputs; undefined: none are expected. */
  withBytes?(result: Result, sent: SentOutputs): Result | undefined;
  /** Whether the answer says that this output was made. */
  isMade(result: Result, index: number): boolean;
  /** The answer without its outputs, if the caller can do without them; undefined: the caller asked for the outputs. */
  withoutOutput?(result: Result): Result | undefined;
}

/** The bytes of each output that was sent; null, or absent: its file has them. */
export type SentOutputs = readonly (Uint8Array<ArrayBuffer> | null)[];

/** The files of a process's jobs: where it finds its inputs, and where it leaves its output. */
export interface JobFiles<Job, Result> {
  /** The job with the paths that the process gets. Errors: the system's. */
  bring(job: Job): Promise<Job>;
  /**
   * Takes the answer and the outputs out of the folder, which is empty then. Errors: the system's; any other means that
   * the answer isn't sound.
   */
  collect(value: unknown, job: Job, sent: SentOutputs): Promise<Collected<Result>>;
  /** Errors: the system's, `UnexpectedFile`. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

export interface Collected<Result> {
  /**
   * Resolves when the outputs are at the requested paths; without them if there was no room for an output that is
   * welcome but not needed. Errors: the system's.
   */
  readonly delivered: Promise<Result>;
}

const NEW = { flag: 'wx' };

/** In the process's own folder, its only writable one. */
export function createJobFiles<Job, Result>(folder: JobFolder, terms: JobTerms<Job, Result>): JobFiles<Job, Result> {
  const delivery = async (result: Result, job: Job, writes: readonly Promise<void>[]): Promise<Result> => {
    try {
      await allOf(writes);
      return result;
    } catch (error) {
      const without = terms.withoutOutput?.(result);
      if (without === undefined || systemCodeOf(error) === null) throw error;
      for (const path of terms.outputsOf(job)) await rm(path, { force: true });
      return without;
    }
  };

  return {
    bring: async (job) => {
      await folder.bring(terms.inputsOf(job), terms.outputsOf(job).length);
      return terms.placed(job, folder.input, folder.output);
    },
    collect: async (value, job, sent) => {
      const result = withSent(terms, terms.parse(value, job), sent);
      const writes: Promise<void>[] = [];
      try {
        for (const [index, path] of terms.outputsOf(job).entries()) {
          if (!terms.isMade(result, index) || sent[index]) continue;
          const bytes = await folder.read(index);
          const isSmall = bytes.length <= SMALL_OUTPUT_BYTES; // a wake-up of the thread pool costs more than the write
          const write = isSmall ? Promise.try(writeFileSync, path, bytes, NEW) : writeFile(path, bytes, NEW);
          write.catch(() => undefined); // told by `delivered`, which may wait for it later
          writes.push(write);
          if (!isSmall) await Promise.allSettled([write]); // one large output in memory at a time
        }
        await folder.empty();
      } catch (error) {
        await Promise.allSettled(writes); // the caller removes the files
        throw error;
      }
      return { delivered: delivery(result, job, writes) };
    },
    empty: folder.empty,
    remove: folder.remove,
  };
}

/** Errors: `UnexpectedFile`. */
function withSent<Job, Result>(terms: JobTerms<Job, Result>, result: Result, sent: SentOutputs): Result {
  if (sent.length === 0) return result;
  const whole = terms.withBytes?.(result, sent);
  if (whole === undefined || sent.some((bytes, index) => bytes && !terms.isMade(result, index)))
    throw new UnexpectedFile('bytes of an output');
  return whole;
}

/** Errors: the first one, once all have ended. */
async function allOf(writes: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(writes);
  await Promise.all(writes);
}
