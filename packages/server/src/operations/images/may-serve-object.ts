import { type ObjectKey, storedKey } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';

/** Whether a presigned URL of this object is answered: not while its image is held or in the trash, and not once it is refused or deleted. */
export async function mayServeObject({ images }: Pick<Services, 'images'>, key: ObjectKey): Promise<boolean> {
  const stored = storedKey(key);
  const image = stored && (await images.get(stored.imageId));
  return image === undefined || image.status === 'ready';
}
