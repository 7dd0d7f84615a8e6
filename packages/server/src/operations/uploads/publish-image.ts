import { publish, type ReadyImage, type Verified } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { sendMaintenance } from '../renditions/send-maintenance.ts';
import type { HeldClaim } from './claim.ts';

/** The verified bytes, and their place in the store. */
export interface PublishImageInput extends Pick<ReadyImage, 'objectKey' | 'objectTag'> {
  readonly verified: Verified;
}

/**
 * Makes the claimed image ready, and sends a job for its eager renditions; undefined if another finalizer decided first. Errors:
 * those of the claim, after which the state of the record is unknown.
 */
export async function publishImage(
  services: Pick<Services, 'jobs' | 'clock' | 'settings'>,
  claim: HeldClaim,
  { verified, objectKey, objectTag }: PublishImageInput,
): Promise<ReadyImage | undefined> {
  const { clock, settings } = services;
  const ready = await claim.settle((current) => {
    const at = clock.now();
    const maintainAt = settings.eagerPresets.length > 0 ? at : null;
    return publish(current, verified, { objectKey, objectTag, maintainAt, at });
  });
  if (ready && ready.maintainAt !== null) await sendMaintenance(services, ready.id);
  return ready;
}
