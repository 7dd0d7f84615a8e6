import assert from 'node:assert/strict';
import type { ServiceEvent } from '../observer/observer.ts';
import type { Delivery, Job, JobQueue } from './job-queue.ts';

/** The harness of an adapter: a fresh, empty queue, and the differences between adapters. */
export interface JobQueueHarness extends AsyncDisposable {
  readonly jobs: JobQueue;
  /** `LEASE_SECONDS`; where time is real, the harness shortens it. */
  readonly leaseSeconds: number;
  /** Lets that much time pass. */
  pass(seconds: number): Promise<void>;
  /** Goes past the longest backoff after that attempt; where time is real, the harness shortens it to a fifth of the lease at most. */
  pastBackoff(attempt: number): Promise<void>;
  /** Goes past the pause of a job of another version; where time is real, the harness shortens it. */
  pastPause(): Promise<void>;
  /** The events that the queue reported. */
  readonly events: readonly ServiceEvent[];
  /** Puts in what this version of the queue wouldn't. */
  sendBody(body: string): Promise<void>;
  /** Oldest first; text is the body of one that is no job. */
  deadLetters(): Promise<readonly { readonly job: Job | string; readonly reason: string }[]>;
}

export interface JobQueueHarnessOptions {
  /** Where time is real: lasts for a whole test, or is as short as can be, for a test that only waits for its end. */
  readonly lease?: 'long' | 'short';
}

export type CreateJobQueueHarness = (options?: JobQueueHarnessOptions) => Promise<JobQueueHarness>;

export const NEVER = new AbortController().signal;

/** What can be had now. Queues of many servers may hide a job from a short look, so this waits where there must be one. */
export const take = (jobs: JobQueue, limit = 10): Promise<readonly Delivery[]> =>
  jobs.receive({ limit, waitSeconds: 20, signal: NEVER });

export const takeOne = async (jobs: JobQueue): Promise<Delivery> => {
  const [delivery] = await take(jobs, 1);
  assert.ok(delivery, 'expected a job; got none');
  return delivery;
};

export const assertNothing = async (jobs: JobQueue): Promise<void> =>
  assert.deepEqual(await jobs.receive({ limit: 10, waitSeconds: 0, signal: NEVER }), []);
