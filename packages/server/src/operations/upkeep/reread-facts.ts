import { AppError } from '../../domain/errors.ts';
import type { ReadFacts } from '../../domain/facts/facts.ts';
import { latestTaken } from '../../domain/facts/latest-taken.ts';
import { lacksFacts, rereadDetails, rereadFacts } from '../../domain/facts/reread.ts';
import { isPublished, type PublishedImage, withFacts } from '../../domain/image/image.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';

export type RereadServices = OriginalServices & Pick<Services, 'imaging'>;

/**
 * Reads the facts of a published image again, whatever else changes on it; false if it is neither served nor in the
 * trash any more, or was read meanwhile. The revision rises, because the image's JSON contains facts; the time of its
 * last update stays, so no event tells of it. Errors: `original-lost`; those of `Imaging.readFacts`, of the store and
 * of the repository.
 */
export function rereadImage(services: RereadServices, found: PublishedImage): Promise<boolean> {
  const { images } = services;
  let known: PublishedImage | undefined = found;
  let read: ReadFacts | undefined;
  return retryWhileChanged(async () => {
    const image = known ?? (await images.getToChange(found.id));
    known = undefined;
    // The bytes of a key never change, so they say the same whatever else has changed.
    if (!image || !isPublished(image) || image.objectKey !== found.objectKey || !lacksFacts(image)) return false;
    read ??= await unlessChanged(readOriginalFacts(services, image));
    if (!read) return CHANGED;
    const details = rereadDetails(await images.details(image), read.details);
    const facts = rereadFacts(image.facts, read.facts);
    return (await images.replace(image, withFacts(image, facts, details !== null), { details })) || CHANGED;
  });
}

async function readOriginalFacts(services: RereadServices, image: PublishedImage): Promise<ReadFacts> {
  const { sizeBytes, contentType, uploadedAt } = image;
  await using files = new AsyncDisposableStack();
  const fetch = async (signal: AbortSignal) => files.use(await checkOutOriginal(services, image, signal));
  return await services.imaging.readFacts({ sizeBytes, fetch }, contentType, { latest: latestTaken(uploadedAt) });
}

/** undefined: the image was trashed, restored or deleted meanwhile. */
const unlessChanged = (reading: Promise<ReadFacts>): Promise<ReadFacts | undefined> =>
  reading.catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'image-not-found') return undefined;
    throw error;
  });
