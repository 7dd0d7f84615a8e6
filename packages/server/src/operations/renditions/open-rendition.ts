import { AppError } from '../../domain/errors.ts';
import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import type { ByteRange, StoredObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';

/**
 * The rendition's bytes. The caller must consume or cancel them. Errors: `unavailable` if it was removed after it was
 * found.
 */
export async function openRendition(
  services: Pick<Services, 'objects' | 'renditions'>,
  { key, bytes }: StoredRendition,
  range?: ByteRange,
): Promise<StoredObject['body']> {
  if (bytes) return range ? bytes.subarray(range.start, range.end + 1) : bytes;
  const object = await services.objects.get(key, { range });
  if (object) return object.body;
  services.renditions.forget([key]);
  throw new AppError('unavailable', 'The rendition was just removed; try again', { retryAfterSeconds: 1 });
}
