import { type Awaitable, andThen } from '../domain/awaitable.ts';
import { AppError } from '../domain/errors.ts';
import type { ReadyImage } from '../domain/image.ts';
import type { ByteRange, StoredObject } from '../object-store/object-store.ts';
import type { Services } from '../services.ts';

type OriginalServices = Pick<Services, 'images' | 'objects'>;

/** The verified bytes of a ready image, to be consumed or cancelled. */
export const openOriginal = (
  services: OriginalServices,
  image: ReadyImage,
  range?: ByteRange,
): Awaitable<StoredObject> =>
  andThen(services.objects.get(image.objectKey, range), (object) => object ?? explainMissing(services, image));

async function explainMissing({ images }: OriginalServices, { id, objectKey }: ReadyImage): Promise<never> {
  const current = await images.get(id);
  if (current?.status === 'deleted') throw new AppError('image-not-found', 'Image not found');
  throw new Error(`ready image ${id} lacks its bytes at ${objectKey}`);
}
