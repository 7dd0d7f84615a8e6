import type { Job } from '../domain/job.ts';
import type { OwnJob, Traced } from './job-queue.ts';

/**
 * Jobs as text, in which they are stored and sent. Whoever makes the queue has it from the table of kinds
 * (run/jobs.ts).
 */
export interface JobCodec {
  encode(job: OwnJob): string;
  /** undefined for what is no job, and for a job of a known kind without its fields. */
  decode(body: string): DecodedJob | undefined;
}

export type DecodedJob =
  | { readonly kind: 'job'; readonly job: Job & Traced }
  /** A job of another version; `named` is its kind, cut short. */
  | { readonly kind: 'unknown-job'; readonly named: string };
