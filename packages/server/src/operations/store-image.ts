import { AppError } from '../domain/errors.ts';
import { pendingImage, publish, type ReadyImage, type UploadDescription } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { MediaType } from '../domain/media-type.ts';
import { originalKey } from '../domain/object-key.ts';
import { ownerOf, type Principal } from '../domain/principal.ts';
import type { LocalFile } from '../object-store/object-store.ts';
import type { Services } from '../services.ts';
import { leaseUntil } from './claim.ts';

export interface StoreImageInput extends UploadDescription {
  readonly contentType: MediaType;
  readonly file: LocalFile;
}

type StoreServices = Pick<Services, 'images' | 'objects' | 'imaging' | 'clock' | 'newId'>;

/** Verifies a direct upload's file, then stores it: a refused one leaves neither record nor object. */
export async function storeImage(
  services: StoreServices,
  principal: Principal,
  input: StoreImageInput,
): Promise<ReadyImage> {
  const userId = ownerOf(principal);
  const verified = await verify(services, input);

  const attempt = services.newId();
  const expiresAt = leaseUntil(services.clock.now());
  const pending = pendingImage(
    { ...input, id: services.newId() as ImageId, userId, contentType: input.contentType },
    services.clock.now(),
    { expiresAt, claim: { attempt, leaseUntil: expiresAt }, isDirect: true },
  );
  if (!(await services.images.create(pending))) throw new Error(`new image id ${pending.id} is taken`);

  const key = originalKey(pending, attempt);
  let isPublished = false;
  try {
    await services.objects.put(key, input.file, { contentType: input.contentType });
    const ready = publish(pending, verified, key, services.clock.now());
    isPublished = await services.images.replace(pending, ready);
    if (!isPublished) throw new AppError('unavailable', 'The upload took too long and was given up; try again');
    return ready;
  } finally {
    if (!isPublished) await services.objects.delete([key]);
  }
}

async function verify(services: StoreServices, { file, contentType }: StoreImageInput) {
  try {
    const inspection = await services.imaging.inspect(file.path, contentType);
    if (inspection.outcome === 'refused') throw new AppError(inspection.rejection.code, inspection.rejection.detail);
    return { ...inspection.image, sizeBytes: file.sizeBytes, sha256: file.sha256 };
  } catch (error) {
    // Nothing is kept of a direct upload that could be tried again later, so this is the bytes' last word.
    if (error instanceof AppError && error.code === 'decoder-failed') {
      throw new AppError('processing-failed', error.detail, { cause: error });
    }
    throw error;
  }
}
