import { imageIdOfIncoming, type ObjectKey } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';

/** Whether a presigned upload to this key is received: unless it is one of a user whose data was deleted. */
export async function mayTakeObject(
  { images, blocked }: Pick<Services, 'images' | 'blocked'>,
  key: ObjectKey,
): Promise<boolean> {
  if (!(await blocked.isAnyone())) return true;
  const id = imageIdOfIncoming(key);
  const image = id && (await images.get(id));
  return image === undefined || !(await blocked.isBlocked(image.userId));
}
