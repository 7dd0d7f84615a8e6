import { publish, type ReadyImage, type Verified } from '../../domain/image/image.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import type { HeldClaim } from './claim.ts';

/** The verified original, and its key in the store. */
export interface PublishImageInput extends Pick<ReadyImage, 'objectKey' | 'objectTag'> {
  readonly verified: Verified;
}

/** The uploader waits for the answer; sending the job may add this much. */
const PATIENCE_MS = 1_000;

/**
 * Makes the claimed image ready and queues its eager renditions; undefined if another finalizer decided first. Errors: those of the
 * claim; the state of the record is then unknown.
 */
export async function publishImage(
  { jobs, clock, settings }: Pick<Services, 'jobs' | 'clock' | 'settings'>,
  claim: HeldClaim,
  { verified, objectKey, objectTag }: PublishImageInput,
): Promise<ReadyImage | undefined> {
  const ready = await claim.settle((current) => {
    const at = clock.now();
    const tendAt = settings.eagerPresets.length > 0 ? at : null;
    return publish(current, verified, { objectKey, objectTag, tendAt, at });
  });
  // If the queue fails, the sweeper finds the image.
  if (ready && ready.tendAt !== null) await waitAtMost(PATIENCE_MS, jobs.send({ kind: 'tend', imageId: ready.id }));
  return ready;
}
