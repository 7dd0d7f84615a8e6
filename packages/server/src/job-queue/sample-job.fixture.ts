import { v7 } from 'uuid';
import { parseImageId } from '../domain/image-id.ts';
import type { Job, JobQueue } from './job-queue.ts';

export const sampleJob = (): Job => {
  const imageId = parseImageId(v7());
  if (imageId === undefined) throw new Error('uuid made no UUID');
  return { kind: 'finalize', imageId };
};

/** Sends `count` jobs at once, and gives them in the order of their sending. */
export async function sendJobs(jobs: JobQueue, count: number): Promise<Job[]> {
  const sent = Array.from({ length: count }, sampleJob);
  await Promise.all(sent.map((job) => jobs.send(job)));
  return sent;
}
