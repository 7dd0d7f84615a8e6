import type { Client } from '../../domain/access/client.ts';
import { isFinalForJob, isPassing } from '../../domain/errors.ts';
import type { DecidedImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';

/** Gives a sender that got "try again" time to do so before the job does. */
const DELAY_SECONDS = 5;
/** The sender has already waited for the verdict; sending the job may add this much. */
const PATIENCE_MS = 1_000;

/**
 * Finalizes the bytes of a PUT. If the service fails, the sender gets the error, and a job finalizes the bytes even if nobody retries;
 * the same job covers a sender that disconnects. Errors: those of `finalize`.
 */
export async function acceptUpload(
  services: Pick<Services, 'finalize' | 'jobs'>,
  imageId: ImageId,
  client: Client,
): Promise<DecidedImage> {
  try {
    return await services.finalize(imageId, client);
  } catch (error) {
    if (isPassing(error) && !isFinalForJob(error)) {
      // If the queue fails as well, the sweeper finds the image.
      await waitAtMost(PATIENCE_MS, services.jobs.send({ kind: 'finalize', imageId }, { delaySeconds: DELAY_SECONDS }));
    }
    throw error;
  }
}
