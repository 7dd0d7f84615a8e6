import { publish, type ReadyImage, type Verified } from '../../domain/image/image.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import type { HeldClaim } from './claim.ts';

/** The verified bytes, and their place in the store. */
export interface PublishImageInput extends Pick<ReadyImage, 'objectKey' | 'objectTag'> {
  readonly verified: Verified;
}

/** The uploader waits for its answer; sending the job may delay it by this much. */
const PATIENCE_MS = 1_000;

/**
 * Makes the claimed image ready, and sends a job for its eager renditions; undefined if another finalizer decided first. Errors:
 * those of the claim, after which the state of the record is unknown.
 */
export async function publishImage(
  { jobs, clock, settings }: Pick<Services, 'jobs' | 'clock' | 'settings'>,
  claim: HeldClaim,
  { verified, objectKey, objectTag }: PublishImageInput,
): Promise<ReadyImage | undefined> {
  const ready = await claim.settle((current) => {
    const at = clock.now();
    const maintainAt = settings.eagerPresets.length > 0 ? at : null;
    return publish(current, verified, { objectKey, objectTag, maintainAt, at });
  });
  // If the queue fails, the sweeper finds it.
  if (ready && ready.maintainAt !== null)
    await waitAtMost(PATIENCE_MS, jobs.send({ kind: 'maintain', imageId: ready.id }));
  return ready;
}
