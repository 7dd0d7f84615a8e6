import type { ImageId } from '../image/image-id.ts';

/** Most image ids in one erasure: a user with more images has several. */
export const MAX_ERASED_IDS = 1_000;

/**
 * What remains of a user whose data was deleted, so that no older backup brings the person back. It doesn't contain the
 * user's id.
 */
export interface Erasure {
  /** A UUIDv7. */
  readonly id: string;
  /** HMAC-SHA256 of the user's id by the service's erasure key, in lower-case hex. */
  readonly userHash: string;
  /** At most `MAX_ERASED_IDS`. */
  readonly imageIds: readonly ImageId[];
  readonly erasedAt: Date;
  /** Until then the service takes nothing from or for that user. */
  readonly blockedUntil: Date;
}
