import { type Payer, payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import { isStored, retagged, type StoredImage } from '../../domain/image/image.ts';
import type { OriginalCheck } from '../../domain/image/original-check.ts';
import type { CheckedOutFile, CheckOutOptions } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { amendImage } from './amend-image.ts';

export type OriginalServices = Pick<Services, 'images' | 'objects' | 'originalChecks' | 'observe'>;

/**
 * Returns the result of `read` for the original under the recorded entity tag. If the object has another tag, its bytes
 * are compared with the recorded hash first; only verified bytes are read. Errors: `image-not-found` if the image is
 * deleted meanwhile, `unavailable` if it changes meanwhile, `original-lost` if the store has no bytes or others.
 */
export const readOriginal = async <Read>(
  services: OriginalServices,
  image: StoredImage,
  read: (objectTag: string | null) => Promise<Read | undefined>,
): Promise<Read> => (await read(image.objectTag)) ?? readAgain(services, image, read);

async function readAgain<Read>(
  services: OriginalServices,
  { id, objectTag, objectKey: former, status }: StoredImage,
  read: (objectTag: string | null) => Promise<Read | undefined>,
): Promise<Read> {
  const image = await services.images.get(id);
  if (!image || !isStored(image) || image.status !== status) throw new AppError('image-not-found', 'Image not found');
  const { objectKey } = image;
  if (objectKey !== former) throw replacedMeanwhile();
  if (image.objectTag !== objectTag) {
    const found = await read(image.objectTag); // another request has compared the bytes
    if (found) return found;
  }

  const check = await services.originalChecks.once(objectKey, () => compare(services, image), ownerOf(image));
  if (check.outcome !== 'same') throw check.outcome === 'missing' ? noBytes(image) : otherBytes(image);
  const found = await read(check.objectTag);
  if (found) return found;
  services.originalChecks.forget(objectKey);
  throw new AppError('unavailable', 'The image changed while it was read; try again', { retryAfterSeconds: 1 });
}

/**
 * The original as a file with verified bytes. If no entity tag is on record, the file's tag is recorded. Errors: those
 * of `readOriginal`.
 */
export async function checkOutOriginal(
  services: OriginalServices,
  image: StoredImage,
  signal: AbortSignal,
): Promise<CheckedOutFile> {
  const { objectKey, objectTag, sizeBytes } = image;
  const options = { maxBytes: sizeBytes, signal };
  const file = await readOriginal(services, image, (ifMatch) => checkOut(services, image, { ...options, ifMatch }));
  if (file !== 'larger' && isOwn(file, image)) {
    if (objectTag === null && file.entityTag !== null) await noteTag(services, image, file.entityTag);
    return file;
  }
  if (file !== 'larger') await file[Symbol.asyncDispose]();
  await services.originalChecks.once(objectKey, async () => replaced(services, image), ownerOf(image));
  throw otherBytes(image);
}

/** Comparisons of one owner's images take turns with those of others. */
const ownerOf = (image: StoredImage): Payer => payerOfUpload(image, UNKNOWN_PAYER);

/** A restored or copied bucket has other entity tags. */
async function compare(services: OriginalServices, image: StoredImage): Promise<OriginalCheck> {
  const { id, objectTag, sizeBytes } = image;
  await using stack = new AsyncDisposableStack();
  const file = await checkOut(services, image, { maxBytes: sizeBytes });
  if (file === undefined) {
    if ((await services.images.get(id))?.status !== image.status)
      throw new AppError('image-not-found', 'Image not found');
    return missing(services, image);
  }
  if (file === 'larger' || !isOwn(stack.use(file), image)) return replaced(services, image);
  if (file.entityTag !== objectTag) await noteTag(services, image, file.entityTag);
  return { outcome: 'same', objectTag: file.entityTag };
}

const checkOut = async (
  { objects }: OriginalServices,
  { objectKey }: StoredImage,
  options: CheckOutOptions,
): Promise<CheckedOutFile | 'larger' | undefined> => {
  try {
    return await objects.checkOut(objectKey, options);
  } catch (error) {
    if (error instanceof AppError && error.code === 'upload-too-large') return 'larger';
    throw error;
  }
};

const isOwn = (file: CheckedOutFile, { sizeBytes, sha256 }: StoredImage): boolean =>
  file.sha256 === sha256 && file.sizeBytes === sizeBytes;

/** A failure here is harmless: the bytes are verified, and without a recorded tag the next read compares them again. */
const noteTag = (services: OriginalServices, { id }: StoredImage, objectTag: string | null): Promise<void> =>
  amendImage(services, id, (current) => retagged(current, objectTag)).catch(() => undefined);

function replaced({ observe }: OriginalServices, { id, objectKey }: StoredImage): OriginalCheck {
  observe({ event: 'object-replaced', imageId: id, objectKey });
  return { outcome: 'replaced' };
}

function missing({ observe }: OriginalServices, { id, objectKey }: StoredImage): OriginalCheck {
  observe({ event: 'original-missing', imageId: id, objectKey });
  return { outcome: 'missing' };
}

const replacedMeanwhile = (): AppError =>
  new AppError('unavailable', 'The image was replaced while it was read; try again', {
    retryAfterSeconds: 1,
    isExpected: true,
  });

const otherBytes = ({ id, objectKey, status }: StoredImage): AppError =>
  lost('other bytes', `${status} image ${id} has other bytes than its own at ${objectKey}`);

const noBytes = ({ id, objectKey, status }: StoredImage): AppError =>
  lost('none', `${status} image ${id} lacks its bytes at ${objectKey}`);

/** `cause`: for the log. */
const lost = (got: string, cause: string): AppError =>
  new AppError('original-lost', `expected the stored bytes of the image; got ${got}: an operator can restore them`, {
    cause: new Error(cause),
  });
