import { v7 } from 'uuid';
import { parseImageId } from '../domain/image-id.ts';
import type { Delivery, FinalizeJob, JobQueue, TendJob } from './job-queue.ts';

export const sampleJob = (): FinalizeJob => {
  const imageId = parseImageId(v7());
  if (imageId === undefined) throw new Error('uuid made no UUID');
  return { kind: 'finalize', imageId };
};

/** One of each kind that we send. */
export const sampleJobs = (): readonly (FinalizeJob | TendJob)[] => [sampleJob(), { ...sampleJob(), kind: 'tend' }];

/** Sends `count` jobs at once, and gives them in the order of their sending. */
export async function sendJobs(jobs: JobQueue, count: number): Promise<FinalizeJob[]> {
  const sent = Array.from({ length: count }, sampleJob);
  await Promise.all(sent.map((job) => jobs.send(job)));
  return sent;
}

/** The images of jobs that were made here. */
export const imageIdsOf = (deliveries: readonly Delivery[]): string[] =>
  deliveries.flatMap(({ job }) => (job.kind === 'arrival' ? [] : [job.imageId]));
