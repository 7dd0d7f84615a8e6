import { AppError } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { ObjectHead } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';

/** Of an upload that its client overwrites between the look at its size and the copy. */
const MAX_RESTARTS = 3;
const RETRY_AFTER_SECONDS = 5;

export interface CopyUploadInput {
  readonly incoming: ObjectKey;
  /** What the store said of it. */
  readonly head: ObjectHead;
  readonly contentType: string;
  /** A key that nobody ever had a URL for: another one each time. */
  readonly newKey: () => ObjectKey;
}

/**
 * Copies what came in, and answers where the copy is; undefined when there is nothing any more. Errors: `upload-too-large`,
 * `unavailable` for one that changes again and again.
 */
export async function copyUpload(
  { objects, settings: { maxUploadBytes } }: Pick<Services, 'objects' | 'settings'>,
  { incoming, head, contentType, newKey }: CopyUploadInput,
): Promise<ObjectKey | undefined> {
  let current: ObjectHead | undefined = head;
  for (let restarts = 0; current; restarts += 1) {
    const { entityTag } = current;
    requireSize(current, maxUploadBytes);
    const key = await objects.copy(incoming, newKey, { contentType, ifMatch: entityTag });
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
  throw new AppError('upload-too-large', `expected at most ${maxBytes} bytes; got ${sizeBytes}`);
}
