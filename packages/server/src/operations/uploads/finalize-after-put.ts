import type { Client } from '../../domain/access/client.ts';
import { isFinalForJob, isPassing } from '../../domain/errors.ts';
import type { DecidedImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';

/** Long enough for a sender that is told "try again" to do so first. */
const DELAY_SECONDS = 5;
/** Its answer has been long in coming: no more than this for the job. */
const PATIENCE_MS = 1_000;

/**
 * Finalizes what just arrived. Where the service itself is in the way its sender hears so, and a job sees to it that these
 * bytes are finalized even if nobody tries again; so it does where the sender has gone. Errors: those of `finalize`.
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
      // Should the queue be gone too, the sweeper finds the image.
      await waitAtMost(PATIENCE_MS, services.jobs.send({ kind: 'finalize', imageId }, { delaySeconds: DELAY_SECONDS }));
    }
    throw error;
  }
}
