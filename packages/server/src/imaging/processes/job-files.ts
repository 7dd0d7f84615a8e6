import type { JobFolder } from '../confinement/job-folder.ts';

/** What a process has to know of its jobs, besides to hand them over. */
export interface JobTerms<Job, Result> {
  maxMemoryBytes(job: Job): number;
  /** The file that it reads. */
  inputOf(job: Job): string;
  /** The files that it writes. */
  outputsOf(job: Job): readonly string[];
  /** The job with its files in another place. */
  placed(job: Job, input: string, outputAt: (index: number) => string): Job;
  /** Throws at whatever isn't a sound answer to the job. */
  parse(value: unknown, job: Job): Result;
  /** Whether the answer says that this output was written. */
  isMade(result: Result, index: number): boolean;
}

/** Where a process finds the files of its jobs and leaves those that it makes. */
export interface JobFiles<Job, Result> {
  /** The job as the process gets it. Errors: the system's. */
  bring(job: Job): Promise<Job>;
  /** Its answer, with the files where they were asked for. Errors: the system's; any other says that the answer isn't sound. */
  collect(value: unknown, job: Job): Promise<Result>;
  /** Errors: the system's, `UnexpectedFile`. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** In a folder of the process's own, which is all that it may write to. */
export function createJobFiles<Job, Result>(folder: JobFolder, terms: JobTerms<Job, Result>): JobFiles<Job, Result> {
  return {
    bring: async (job) => terms.placed(job, await folder.bring(terms.inputOf(job)), folder.output),
    collect: async (value, job) => {
      const result = terms.parse(value, job);
      for (const [index, path] of terms.outputsOf(job).entries())
        if (terms.isMade(result, index)) await folder.fetch(index, path);
      await folder.empty();
      return result;
    },
    empty: folder.empty,
    remove: folder.remove,
  };
}
