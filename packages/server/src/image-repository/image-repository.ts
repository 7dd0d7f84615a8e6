import type { Image, PendingImage, ReadyImage } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { MediaType } from '../domain/media-type.ts';

/**
 * The record of every image. A write that resolved survives a power cut. Errors: `unavailable` when the store can't be
 * reached or is locked for long, `insufficient-storage` when it is full.
 */
export interface ImageRepository {
  /** Adds a new record; false when its id is taken. */
  create(image: PendingImage): Promise<boolean>;

  /** The record, deleted ones too, as of the last resolved write. */
  get(id: ImageId): Promise<Image | undefined>;

  /**
   * Writes `to` where the record still is `from` (same status, revision and claim); false when it has changed since.
   * The one way a record changes: a change of status must be legal (`canBecome`), anything else is a programming error.
   */
  replace(from: Image, to: Image): Promise<boolean>;

  /** Ready images that match, newest first, at most `limit`. */
  find(query: FindQuery): Promise<ReadyImage[]>;

  /** Ends the lease of every claim: for a starting service that knows itself to be the only one. */
  endLeases(): Promise<void>;
}

export interface FindQuery {
  readonly userId?: string | undefined;
  /** An image must carry all of them. */
  readonly tags: readonly string[];
  readonly contentType?: MediaType | undefined;
  /** Creation time, inclusive. */
  readonly createdFrom?: Date | undefined;
  /** Creation time, exclusive. */
  readonly createdBefore?: Date | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}
