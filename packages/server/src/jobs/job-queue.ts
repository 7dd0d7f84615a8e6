import type { Job, OwnJobKind } from '../domain/job.ts';
import type { TraceParent } from '../domain/trace-parent.ts';

/** `trace`: the span that sent the job, if its trace is kept. */
export type OwnJob = Job<OwnJobKind> & Traced;

/**
 * Background work with at-least-once delivery. Sent jobs survive a power cut. Errors: `unavailable` if the queue can't
 * be reached or is locked for long, `insufficient-storage` if it is full.
 */
export interface JobQueue {
  /** Adds a job, to be delivered at once or after `delaySeconds` (0 to 900, SQS's limit). */
  send(job: OwnJob, options?: { readonly delaySeconds?: number }): Promise<void>;

  /**
   * Waits until there are jobs, `waitSeconds` (0 to 20, SQS's limit) have passed, or the signal aborts, which is no
   * error. A delivered job is leased for `LEASE_SECONDS`, and delivered again if undecided after that.
   */
  receive(options: ReceiveOptions): Promise<readonly Delivery[]>;

  /** How many jobs wait as dead letters, about; undefined: the queue keeps none, or doesn't tell. */
  countDeadLetters(): Promise<number | undefined>;
}

export interface ReceiveOptions {
  /** 1 to 10 (SQS's limit). */
  readonly limit: number;
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
}

/** A hint that changes nothing of the work. */
export interface Traced {
  readonly trace?: TraceParent;
}

/** One delivery of a job. A decision after the lease ended and another worker received the job has no effect. */
export interface Delivery {
  readonly job: Job & Traced;
  /** Counts this job's deliveries from 1. */
  readonly attempt: number;
  /** Removes a job that is done, or no longer worth doing. */
  finish(): Promise<void>;
  /** Renews the lease for another `LEASE_SECONDS` from now. */
  extend(): Promise<void>;
  /**
   * Redelivers the job after a backoff (`backoffSeconds`). After `MAX_ATTEMPTS` it becomes a dead letter, with
   * `reason`.
   */
  retry(reason: string): Promise<void>;
}

export const LEASE_SECONDS = 60;
/** Half an hour to an hour of failures: a short outage. The sweeper covers longer ones. */
export const MAX_ATTEMPTS = 12;
const FIRST_BACKOFF_SECONDS = 1;
const LONGEST_BACKOFF_SECONDS = 900;

/**
 * Seconds until attempt `attempt` + 1: exponential from 1 s to 15 minutes, with up to 50 % jitter, so that concurrent
 * failures don't retry together. `random` is from 0 to 1.
 */
export const backoffSeconds = (attempt: number, random: number): number =>
  Math.min(FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS) * (1 - random / 2);
