import type { ImageId } from '../../domain/image/image-id.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';

/** A client waits for its answer; sending the job may delay it by this much. */
const PATIENCE_MS = 1_000;

/**
 * Sends a job for the maintenance that the record of a ready image schedules. If the queue fails, the sweeper finds the
 * record.
 */
export const sendMaintenance = ({ jobs }: Pick<Services, 'jobs'>, imageId: ImageId): Promise<void> =>
  waitAtMost(PATIENCE_MS, jobs.send({ kind: 'maintain', imageId }));
