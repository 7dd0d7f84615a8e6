import { v7 } from 'uuid';
import { parseImageId } from '../domain/image/image-id.ts';
import { JOB_CODEC } from '../jobs.ts';
import type { Delivery, Job, JobQueue, OwnJob } from './job-queue.ts';

export const sampleJob = (): Job<'finalize'> => {
  const imageId = parseImageId(v7());
  if (imageId === undefined) throw new Error('uuid made no UUID');
  return { kind: 'finalize', imageId };
};

/** One of each kind that we send. */
export const sampleJobs = (): readonly OwnJob[] => [sampleJob(), { ...sampleJob(), kind: 'tend' }];

/** Sends `count` jobs at once, and gives them in the order of their sending. */
export async function sendJobs(jobs: JobQueue, count: number): Promise<Job<'finalize'>[]> {
  const sent = Array.from({ length: count }, sampleJob);
  await Promise.all(sent.map((job) => jobs.send(job)));
  return sent;
}

/** The images of jobs that were made here. */
export const imageIdsOf = (deliveries: readonly Delivery[]): string[] =>
  deliveries.flatMap(({ job }) => (job.kind === 'arrival' ? [] : [job.imageId]));

/** The job that a body says, or the body of what is no job. */
export function jobIn(body: string): Job | string {
  const read = JOB_CODEC.decode(body);
  return read?.kind === 'job' ? read.job : body;
}
