import type { Client } from '../../domain/access/client.ts';
import { isFinalForJob, isTransient } from '../../domain/errors.ts';
import type { DecidedImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';

/** Gives a sender that got "try again" time to do so before the job does. */
const DELAY_SECONDS = 5;
/** The sender already waited for the verification; sending the job may take this much longer. */
const PATIENCE_MS = 1_000;

/**
 * Finalizes an upload after its PUT. After a transient failure, or if the sender has gone, a job finalizes it even if
 * nobody retries. Errors: those of `finalize`.
 */
export async function finalizeAfterPut(
  services: Pick<Services, 'finalize' | 'jobs'>,
  imageId: ImageId,
  client: Client,
): Promise<DecidedImage> {
  try {
    return await services.finalize(imageId, client);
  } catch (error) {
    if (isTransient(error) && !isFinalForJob(error)) {
      // If the queue fails too, the sweeper finds the image.
      await waitAtMost(PATIENCE_MS, services.jobs.send({ kind: 'finalize', imageId }, { delaySeconds: DELAY_SECONDS }));
    }
    throw error;
  }
}
