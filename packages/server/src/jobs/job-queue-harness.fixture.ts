import assert from 'node:assert/strict';
import type { Job } from '../domain/job.ts';
import type { ServiceEvent } from '../observe/observer/observer.ts';
import type { Delivery, JobQueue } from './job-queue.ts';

/** The harness of an adapter: a fresh, empty queue, and the differences between adapters. */
export interface JobQueueHarness extends AsyncDisposable {
  readonly jobs: JobQueue;
  /** Lets that much time pass. */
  pass(seconds: number): Promise<void>;
  /** Lets the longest backoff after that attempt pass. */
  pastBackoff(attempt: number): Promise<void>;
  /** Lets the pause of an unknown job pass. */
  pastPause(): Promise<void>;
  /** The events that the queue reported. */
  readonly events: readonly ServiceEvent[];
  /** Adds a body that this version of the queue would not send. */
  sendBody(body: string): Promise<void>;
  /** Oldest first; `job` is the body as text if it is not a job. */
  deadLetters(): Promise<readonly { readonly job: Job | string; readonly reason: string }[]>;
}

export type CreateJobQueueHarness = () => Promise<JobQueueHarness>;

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
