import type { PendingImage } from '../../domain/image/image.ts';
import { incomingKeyOf } from '../../domain/image/object-key.ts';
import { partCount } from '../../object-store/multipart.ts';
import type { ObjectHead } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { multipartOf } from './grant-parts.ts';

/** How many parts of the upload are missing; undefined: it has no parts in the store. Errors: those of the store. */
export async function missingParts(
  { multipart }: Pick<Services, 'multipart'>,
  image: PendingImage,
): Promise<{ readonly missing: number; readonly received: number } | undefined> {
  const upload = multipartOf(image);
  const received = upload && (await multipart.received(upload))?.length;
  return upload && received !== undefined ? { missing: partCount(upload) - received, received } : undefined;
}

/**
 * Makes the parts of a claimed upload the object that one request would have stored; undefined if a part is missing.
 * Errors: those of the store.
 */
export async function assembleParts(
  { multipart, objects }: Pick<Services, 'multipart' | 'objects'>,
  image: PendingImage,
): Promise<ObjectHead | undefined> {
  const upload = multipartOf(image);
  if (!upload || (await multipart.complete(upload)) === 'incomplete') return undefined;
  return objects.head(incomingKeyOf(image)); // if the upload was absent: another call may have made the object
}
