import type { ReadFacts } from '../../domain/facts/facts.ts';
import { hold } from '../../domain/image/hold.ts';
import {
  type HeldImage,
  type PendingImage,
  publish,
  type ReadyImage,
  type RejectedImage,
  reject,
  type Verified,
} from '../../domain/image/image.ts';
import { allGates, early, nextGate } from '../../domain/image/screening.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import { rejectionBy, type Screened } from '../gates/ask-gates.ts';
import { waitForGate } from '../gates/wait-for-gate.ts';
import { sendMaintenance } from '../renditions/send-maintenance.ts';
import { type CopyFile, storeWorkingCopy } from '../renditions/store-working-copy.ts';
import type { HeldClaim } from './claim.ts';

/** How long an upload, whose image is ready, waits for the copy to be stored. Its file is removed then. */
const COPY_MS = 2_000;

type PublishServices = Pick<
  Services,
  'images' | 'filters' | 'objects' | 'diskSpace' | 'jobs' | 'gates' | 'clock' | 'settings' | 'observe'
>;

/** The verified bytes, what the gates said, and their place in the store. */
export interface PublishImageInput extends Pick<ReadyImage, 'objectKey' | 'objectTag'> {
  readonly verified: Verified;
  readonly screened: Screened;
  /** What the picture says; null: nobody has read it, or nothing. */
  readonly read: Pick<ReadyImage, 'facts'> & Pick<ReadFacts, 'details'>;
  /** Made by the verification; undefined: none. It is stored once the image is ready. */
  readonly workingCopy: CopyFile | undefined;
}

/**
 * Makes the claimed image ready, and sends a job for its eager renditions; holds it if a gate hasn't passed it, also
 * one that only its record lists. What persons have decided meanwhile counts: the current record has it. Undefined if
 * another finalizer decided first. Errors: those of the claim, after which the state of the record is unknown.
 */
export async function publishImage(
  services: PublishServices,
  claim: HeldClaim,
  { verified, screened, read: { facts, details }, workingCopy, ...place }: PublishImageInput,
): Promise<ReadyImage | HeldImage | RejectedImage | undefined> {
  const { clock, settings } = services;
  const filteredBy = await services.filters.written();
  const reading = { facts, hasDetails: details !== null };
  const outcome = (current: PendingImage): ReadyImage | HeldImage | RejectedImage => {
    const at = clock.now();
    const gates = allGates(current.gates, screened.gates);
    const decisions = screened.decided;
    const byPersons = early(current.decisions, verified.sha256);
    const refusal = byPersons.find(({ verdict }) => verdict === 'refuse');
    if (refusal) return reject(current, rejectionBy(refusal), at, decisions);
    const passed = allGates(
      screened.passed,
      byPersons.map(({ gate }) => gate),
    );
    const next = nextGate(gates, passed);
    if (next !== undefined) {
      const standing = next === nextGate(gates, screened.passed) ? screened.standing : 'unasked';
      const screening = waitForGate(services, { ...screened, gates, passed, standing }, { since: at });
      return hold(current, verified, { ...place, ...reading, screening, decisions, at });
    }
    const maintainAt = settings.eagerPresets.length > 0 ? at : null;
    return publish(current, verified, { ...place, ...reading, maintainAt, filteredBy, decisions, at });
  };
  const image = await claim.settle(outcome, { details });
  if (image?.status === 'ready' && workingCopy)
    await waitAtMost(
      COPY_MS,
      storeWorkingCopy(services, image, workingCopy).catch((error: unknown) =>
        services.observe({ event: 'working-copy-postponed', imageId: image.id, error }),
      ),
    );
  if (image?.status === 'ready' && image.maintainAt !== null) await sendMaintenance(services, image.id);
  return image;
}
