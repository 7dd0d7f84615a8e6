import type { ImageId } from '../../domain/image/image-id.ts';
import { imageIdOfIncoming } from '../../domain/image/object-key.ts';
import type { UnfinishedUpload } from '../../object-store/multipart.ts';
import type { Services } from '../../services.ts';

/** An upload begins before its record names it. */
const MIN_AGE_MS = 3_600_000;

/** An upload in parts that nobody will complete. */
export interface AbandonedUpload {
  readonly imageId: ImageId;
  /** Whether its image has a record, which is over or names another upload. */
  readonly isKnown: boolean;
}

/**
 * Undefined: the upload was begun less than an hour ago, or the record of a pending image names it. Errors: those of
 * `getToChange`.
 */
export async function abandonedUpload(
  { images, clock }: Pick<Services, 'images' | 'clock'>,
  { key, uploadId, begunAt }: UnfinishedUpload,
): Promise<AbandonedUpload | undefined> {
  const imageId = imageIdOfIncoming(key);
  if (imageId === undefined || clock.now().getTime() - begunAt.getTime() < MIN_AGE_MS) return undefined;
  const image = await images.getToChange(imageId); // a record of a newer version is left to that version
  if (image?.status === 'pending' && image.parts?.uploadId === uploadId) return undefined;
  return { imageId, isKnown: image !== undefined };
}
