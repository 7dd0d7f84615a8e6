import assert from 'node:assert/strict';
import type { ServiceEvent } from '../observer/observer.ts';
import type { Delivery, Job, JobQueue } from './job-queue.ts';

/** The harness of an adapter: a fresh, empty queue, and the differences between adapters. */
export interface JobQueueHarness extends AsyncDisposable {
  readonly jobs: JobQueue;
  /** `LEASE_SECONDS`; if time is real, the harness shortens it. */
  readonly leaseSeconds: number;
  /** Lets that much time pass. */
  pass(seconds: number): Promise<void>;
  /**
   * Waits past the longest backoff after that attempt; if time is real, the harness shortens it to at most a fifth of
   * the lease.
   */
  pastBackoff(attempt: number): Promise<void>;
  /** Waits past the pause of an unknown job; if time is real, the harness shortens it. */
  pastPause(): Promise<void>;
  /** The events that the queue reported. */
  readonly events: readonly ServiceEvent[];
  /** Adds a body that this version of the queue would not send. */
  sendBody(body: string): Promise<void>;
  /** Oldest first; `job` is the body as text if it is not a job. */
  deadLetters(): Promise<readonly { readonly job: Job | string; readonly reason: string }[]>;
}

export interface JobQueueHarnessOptions {
  /** If time is real: lasts for a whole test, or is as short as possible for a test that only waits for its end. */
  readonly lease?: 'long' | 'short';
}

export type CreateJobQueueHarness = (options?: JobQueueHarnessOptions) => Promise<JobQueueHarness>;

export const NEVER = new AbortController().signal;

/** Receives jobs for a test that expects some. It waits, since a short poll of a distributed queue may miss a job. */
export const take = (jobs: JobQueue, limit = 10): Promise<readonly Delivery[]> =>
  jobs.receive({ limit, waitSeconds: 20, signal: NEVER });

export const takeOne = async (jobs: JobQueue): Promise<Delivery> => {
  const [delivery] = await take(jobs, 1);
  assert.ok(delivery, 'expected a job; got none');
  return delivery;
};

export const assertNothing = async (jobs: JobQueue): Promise<void> =>
  assert.deepEqual(await jobs.receive({ limit: 10, waitSeconds: 0, signal: NEVER }), []);
