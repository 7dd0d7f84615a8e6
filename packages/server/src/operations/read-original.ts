import { type Awaitable, andThen } from '../domain/awaitable.ts';
import { AppError } from '../domain/errors.ts';
import { type ReadyImage, retagged } from '../domain/image.ts';
import type { OriginalCheck } from '../domain/original-check.ts';
import type { Services } from '../services.ts';
import { amendImage } from './amend-image.ts';

export type OriginalServices = Pick<Services, 'images' | 'objects' | 'originalChecks' | 'report'>;

/**
 * Gives what `read` finds of the image's original under the entity tag that is on record. Under another tag the bytes are compared
 * with the record first: the verified ones are read all the same, others never. Errors: `image-not-found` when it is deleted
 * meanwhile, `unavailable` when it changes meanwhile.
 */
export const readOriginal = <Read>(
  services: OriginalServices,
  image: ReadyImage,
  read: (objectTag: string | null) => Awaitable<Read | undefined>,
): Awaitable<Read> => andThen(read(image.objectTag), (found) => found ?? readAgain(services, image, read));

async function readAgain<Read>(
  services: OriginalServices,
  { id, objectTag }: ReadyImage,
  read: (objectTag: string | null) => Awaitable<Read | undefined>,
): Promise<Read> {
  const image = await services.images.get(id);
  if (image?.status !== 'ready') throw new AppError('image-not-found', 'Image not found');
  const { objectKey } = image;
  if (image.objectTag !== objectTag) {
    const found = await read(image.objectTag); // somebody else has compared them
    if (found) return found;
  }
  if (image.objectTag === null) throw new Error(`ready image ${id} lacks its bytes at ${objectKey}`);

  const check = await services.originalChecks.once(objectKey, () => compare(services, image));
  if (check.outcome === 'replaced') throw new Error(`ready image ${id} has other bytes than its own at ${objectKey}`);
  const found = await read(check.objectTag);
  if (found) return found;
  services.originalChecks.forget(objectKey);
  throw new AppError('unavailable', 'The image changed while it was read; try again', { retryAfterSeconds: 1 });
}

/** A bucket that was restored or copied has other entity tags. */
async function compare(services: OriginalServices, image: ReadyImage): Promise<OriginalCheck> {
  const { id, objectKey, sizeBytes, sha256 } = image;
  const found = await hashStored(services, image);
  if (found?.sha256 === sha256 && found.sizeBytes === sizeBytes) {
    const { entityTag: objectTag } = found;
    // The bytes are the verified ones, whatever becomes of this: what isn't on record is compared again.
    await amendImage(services, id, (current) => retagged(current, objectTag)).catch(() => undefined);
    return { outcome: 'same', objectTag };
  }
  services.report({ event: 'object-replaced', imageId: id, objectKey });
  return { outcome: 'replaced' };
}

/** Undefined of an object that is larger than the image. */
async function hashStored(
  { objects }: OriginalServices,
  { id, objectKey, sizeBytes }: ReadyImage,
): Promise<{ sha256: string; sizeBytes: number; entityTag: string | null } | undefined> {
  try {
    await using file = await objects.checkOut(objectKey, { maxBytes: sizeBytes });
    if (file) return { sha256: file.sha256, sizeBytes: file.sizeBytes, entityTag: file.entityTag };
  } catch (error) {
    if (error instanceof AppError && error.code === 'upload-too-large') return undefined;
    throw error;
  }
  throw new Error(`ready image ${id} lacks its bytes at ${objectKey}`);
}
