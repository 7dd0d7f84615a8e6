import { AppError } from '../domain/errors.ts';
import type { ReadyImage } from '../domain/image.ts';
import type { ByteRange, StoredObject } from '../object-store/object-store.ts';
import type { Services } from '../services.ts';

/** The verified bytes of a ready image, to be consumed or cancelled. */
export async function openOriginal(
  services: Pick<Services, 'images' | 'objects'>,
  image: ReadyImage,
  range?: ByteRange,
): Promise<StoredObject> {
  const object = await services.objects.get(image.objectKey, range);
  if (object) return object;
  const current = await services.images.get(image.id);
  if (current?.status === 'deleted') throw new AppError('image-not-found', 'Image not found');
  throw new Error(`ready image ${image.id} lacks its bytes at ${image.objectKey}`);
}
