import type { ImageId } from '../image/image-id.ts';

/** The states in which bytes are already there, the most useful first. */
export const KNOWN_STATUSES = ['ready', 'held', 'trashed'] as const;

/** An image that has these bytes. */
export interface KnownBytes {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly imageId: ImageId;
  readonly status: (typeof KNOWN_STATUSES)[number];
}
