import { rm } from 'node:fs/promises';
import type { JobFolder } from '../confinement/job-folder.ts';
import { systemCodeOf } from './decode-reply.ts';

/** What a process must know about its kind of jobs. */
export interface JobTerms<Job, Result> {
  maxMemoryBytes(job: Job): number;
  /** The input file. */
  inputOf(job: Job): string;
  /** The output files. */
  outputsOf(job: Job): readonly string[];
  /** The job with other paths. */
  placed(job: Job, input: string, outputAt: (index: number) => string): Job;
  /** Throws unless the value is a sound answer to the job. */
  parse(value: unknown, job: Job): Result;
  /** Whether the answer says that this output was written. */
  isMade(result: Result, index: number): boolean;
  /** The same answer without its outputs, if it is as good without them; undefined: they are what was asked for. */
  withoutOutput?(result: Result): Result | undefined;
}

/** The files of a process's jobs: where it finds its input, and where it leaves its output. */
export interface JobFiles<Job, Result> {
  /** The job with the paths that the process gets. Errors: the system's. */
  bring(job: Job): Promise<Job>;
  /** The answer, with outputs moved to the requested paths. Errors: the system's; any other means that the answer isn't sound. */
  collect(value: unknown, job: Job): Promise<Result>;
  /** Errors: the system's, `UnexpectedFile`. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** In the process's own folder, its only writable one. */
export function createJobFiles<Job, Result>(folder: JobFolder, terms: JobTerms<Job, Result>): JobFiles<Job, Result> {
  /** There may be no room for an output that is welcome but not needed. */
  const fetchAll = async (result: Result, job: Job): Promise<Result> => {
    for (const [index, path] of terms.outputsOf(job).entries()) {
      if (!terms.isMade(result, index)) continue;
      try {
        await folder.fetch(index, path);
      } catch (error) {
        const without = terms.withoutOutput?.(result);
        if (without === undefined || systemCodeOf(error) === null) throw error;
        await rm(path, { force: true });
        return without;
      }
    }
    return result;
  };
  return {
    bring: async (job) => {
      const input = await folder.bring(terms.inputOf(job), terms.outputsOf(job).length);
      return terms.placed(job, input, folder.output);
    },
    collect: async (value, job) => {
      const result = terms.parse(value, job);
      const fetched = await fetchAll(result, job);
      await folder.empty();
      return fetched;
    },
    empty: folder.empty,
    remove: folder.remove,
  };
}
