import { publish, type ReadyImage, type Verified } from '../../domain/image/image.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import type { HeldClaim } from './claim.ts';

/** What was verified, and where the store has it. */
export interface PublishImageInput extends Pick<ReadyImage, 'objectKey' | 'objectTag'> {
  readonly verified: Verified;
}

/** Its uploader waits for an answer: no more than this for the job. */
const PATIENCE_MS = 1_000;

/**
 * Makes the claimed image ready, and lets a worker know of the eager renditions that are due with that; undefined when somebody
 * else decided first. Errors: those of the claim, after which nobody knows what the record says.
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
  // Should the queue be gone, the sweeper finds it.
  if (ready && ready.tendAt !== null) await waitAtMost(PATIENCE_MS, jobs.send({ kind: 'tend', imageId: ready.id }));
  return ready;
}
