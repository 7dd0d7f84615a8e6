import type { ReadyImage } from '../../domain/image/image.ts';
import { isReplacementKey, type ObjectKey, uploadOfReplacement } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';
import { originalsOf } from '../images/image-objects.ts';

/**
 * Drops the bytes that others have replaced, and those of uploads that were refused. Bytes that another upload is about
 * to put in their place stay.
 */
export async function dropSupersededOriginals(
  services: Pick<Services, 'images' | 'objects'>,
  { id, userId, objectKey }: ReadyImage,
): Promise<void> {
  if (!isReplacementKey(objectKey)) return;
  const over: ObjectKey[] = [];
  for (const key of await originalsOf(services, { id, userId })) {
    const upload = uploadOfReplacement(key);
    const record = upload && (await services.images.get(upload));
    if (record?.status !== 'held') over.push(key); // one that is held may be copied
  }
  // Read last: what has ended may have become the original until then.
  const current = await services.images.get(id);
  if (current?.status === 'ready') await services.objects.delete(over.filter((key) => key !== current.objectKey));
}
