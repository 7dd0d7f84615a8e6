import { AppError, uploadTooLarge } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { ObjectHead } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';

/** Restarts when the client overwrites the upload between the size check and the copy. */
const MAX_RESTARTS = 3;
const RETRY_AFTER_SECONDS = 5;

export interface CopyUploadInput {
  readonly incoming: ObjectKey;
  /** The object's head, as read before. */
  readonly head: ObjectHead;
  readonly contentType: string;
  /** The upload limit of the service, or of the upload token. */
  readonly maxBytes: number;
  /** A new key on every call. No client has ever had a URL for it. */
  readonly newKey: () => ObjectKey;
}

/**
 * Copies the uploaded object and returns the copy's key; undefined if the object is gone. Errors: `upload-too-large`,
 * `unavailable` if the object keeps changing.
 */
export async function copyUpload(
  { objects }: Pick<Services, 'objects'>,
  { incoming, head, contentType, maxBytes, newKey }: CopyUploadInput,
): Promise<ObjectKey | undefined> {
  let current: ObjectHead | undefined = head;
  for (let restarts = 0; current; restarts += 1) {
    const { entityTag, sizeBytes } = current;
    requireSize(current, maxBytes);
    const key = await objects.copy(incoming, newKey, { contentType, ifMatch: entityTag, sizeBytes });
    if (key) return key;
    if (restarts === MAX_RESTARTS) {
      const retryAfterSeconds = RETRY_AFTER_SECONDS;
      throw new AppError('unavailable', 'The upload is being overwritten; try again', { retryAfterSeconds });
    }
    current = await objects.head(incoming);
  }
  return undefined;
}

/** Errors: `upload-too-large`. */
export function requireSize({ sizeBytes }: Pick<ObjectHead, 'sizeBytes'>, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  throw uploadTooLarge(maxBytes, sizeBytes);
}
