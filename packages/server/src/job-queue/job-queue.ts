import type { ImageId } from '../domain/image-id.ts';
import type { ObjectKey } from '../domain/object-key.ts';

/** The fields of each kind of job. A new kind is a line here and a row of the table in `jobs.ts`, which has its codec and its operation. */
export interface JobFields {
  /** Look at what was uploaded for an image. */
  readonly finalize: { readonly imageId: ImageId };
  /** Look after an image's renditions: make what is wanted before anybody asks, drop what is old. */
  readonly tend: { readonly imageId: ImageId };
  /** Look at what a bucket says that it got: maybe twice, late, in another order, or of no concern to us. */
  readonly arrival: { readonly arrivals: readonly Arrival[] };
}

export type JobKind = keyof JobFields;

/** A unit of background work. Whoever does it must be able to do it twice: a job is a hint, the record is the truth. */
export type Job<Kind extends JobKind = JobKind> = { [One in Kind]: { readonly kind: One } & JobFields[One] }[Kind];

/** Those that the service sends. Arrivals are the bucket's to tell. */
export type OwnJobKind = Exclude<JobKind, 'arrival'>;
export type OwnJob = Job<OwnJobKind>;

export interface Arrival {
  readonly bucket: string;
  /** One object's: stores write a key in different ways, and what came may be read in each. All name the same image. */
  readonly keys: readonly ObjectKey[];
}

/**
 * Work to be done at least once, by whoever asks first. What was sent survives a power cut. Errors: `unavailable` when the
 * queue can't be reached or is locked for long, `insufficient-storage` when it is full.
 */
export interface JobQueue {
  /** Adds a job, to be had at once or after `delaySeconds` (0 to 900, SQS's limit). */
  send(job: OwnJob, options?: { readonly delaySeconds?: number }): Promise<void>;

  /**
   * Waits for jobs until some can be had, `waitSeconds` (0 to 20, SQS's limit) are over or the signal aborts, which is no
   * error. What is handed out is held for `LEASE_SECONDS`: past that, undecided, it is handed out again.
   */
  receive(options: ReceiveOptions): Promise<readonly Delivery[]>;
}

export interface ReceiveOptions {
  /** 1 to 10 (SQS's limit). */
  readonly limit: number;
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
}

/** One handing-out of a job. Deciding about it after its lease ended and somebody else got it changes nothing. */
export interface Delivery {
  readonly job: Job;
  /** Counts this job's deliveries from 1. */
  readonly attempt: number;
  /** Done, or not worth doing any more: it is gone. */
  finish(): Promise<void>;
  /** Holds it for another `LEASE_SECONDS` from now. */
  extend(): Promise<void>;
  /** Hands it out again after a while (`backoffSeconds`); after `MAX_ATTEMPTS` it becomes a dead letter, with `reason`. */
  retry(reason: string): Promise<void>;
}

export const LEASE_SECONDS = 60;
/** Half an hour to an hour of failing: an outage; what lasts longer the sweeper takes up. */
export const MAX_ATTEMPTS = 12;
const FIRST_BACKOFF_SECONDS = 1;
const LONGEST_BACKOFF_SECONDS = 900;

/**
 * Seconds until attempt `attempt` + 1: doubling from 1 s up to 15 minutes, less up to a half, so that what failed together
 * doesn't come back together. `random` is from 0 to 1.
 */
export const backoffSeconds = (attempt: number, random: number): number =>
  Math.min(FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS) * (1 - random / 2);
