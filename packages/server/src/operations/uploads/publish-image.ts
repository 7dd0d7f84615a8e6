import { type HeldImage, hold, publish, type ReadyImage, type Verified } from '../../domain/image/image.ts';
import { allGates, nextGate } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { sendMaintenance } from '../renditions/send-maintenance.ts';
import type { Screened } from '../screening/ask-gates.ts';
import { waitForGate } from '../screening/wait-for-gate.ts';
import type { HeldClaim } from './claim.ts';

/** The verified bytes, what the gates said, and their place in the store. */
export interface PublishImageInput extends Pick<ReadyImage, 'objectKey' | 'objectTag'> {
  readonly verified: Verified;
  readonly screened: Screened;
}

/**
 * Makes the claimed image ready, and sends a job for its eager renditions; holds it if a gate hasn't passed it, also one that only its record
 * lists. Undefined if another finalizer decided first. Errors: those of the claim, after which the state of the record is unknown.
 */
export async function publishImage(
  services: Pick<Services, 'jobs' | 'gates' | 'clock' | 'settings'>,
  claim: HeldClaim,
  { verified, screened, ...place }: PublishImageInput,
): Promise<ReadyImage | HeldImage | undefined> {
  const { clock, settings } = services;
  const image = await claim.settle((current): ReadyImage | HeldImage => {
    const at = clock.now();
    const gates = allGates(current.gates, screened.gates);
    const decisions = screened.decided;
    if (nextGate(gates, screened.passed) !== undefined) {
      const screening = waitForGate(services, { ...screened, gates }, { since: at });
      return hold(current, verified, { ...place, screening, decisions, at });
    }
    const maintainAt = settings.eagerPresets.length > 0 ? at : null;
    return publish(current, verified, { ...place, maintainAt, decisions, at });
  });
  if (image?.status === 'ready' && image.maintainAt !== null) await sendMaintenance(services, image.id);
  return image;
}
