import { v7 } from 'uuid';
import { parseImageId } from '../domain/image/image-id.ts';
import type { Job } from '../domain/job.ts';
import { JOB_CODEC } from '../run/jobs.ts';
import type { Delivery, JobQueue, OwnJob } from './job-queue.ts';

export const sampleJob = (): Job<'finalize'> => {
  const imageId = parseImageId(v7());
  if (imageId === undefined) throw new Error('uuid made no UUID');
  return { kind: 'finalize', imageId };
};

/** One job of each kind that the service sends. */
export const sampleJobs = (): readonly OwnJob[] => [sampleJob(), { ...sampleJob(), kind: 'maintain' }];

/** Sends `count` jobs concurrently, and returns them in the order of sending. */
export async function sendJobs(jobs: JobQueue, count: number): Promise<Job<'finalize'>[]> {
  const sent = Array.from({ length: count }, sampleJob);
  await Promise.all(sent.map((job) => jobs.send(job)));
  return sent;
}

/** The image ids of delivered jobs that the service sent. */
export const imageIdsOf = (deliveries: readonly Delivery[]): string[] =>
  deliveries.flatMap(({ job }) => (job.kind === 'arrival' ? [] : [job.imageId]));

/** The job in a body, or the body itself if it is not a job. */
export function jobIn(body: string): Job | string {
  const read = JOB_CODEC.decode(body);
  return read?.kind === 'job' ? read.job : body;
}
