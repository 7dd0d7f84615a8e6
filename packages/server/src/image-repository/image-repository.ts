import type { Image, PendingImage } from '../domain/image.ts';
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
   * Writes `to` where the record still is `from` (same status, revision, claim and expiry); false when it has changed since.
   * The one way a record changes: a change of status must be legal (`canBecome`), anything else is a programming error.
   */
  replace(from: Image, to: Image): Promise<boolean>;

  /** A page of what matches, in order of creation. Its cost depends on the page, never on how much is stored. */
  find(query: FindQuery): Promise<Page>;

  /**
   * Adds `use` where its user has no live use of that key, together with `image` when given: both or neither. Answers the
   * use that stands in the way otherwise, and writes nothing. From its `expiresAt` on a use is no more.
   */
  useKey(use: KeyUse, now: Date, image?: PendingImage): Promise<KeyUse | undefined>;

  /** Writes `to` where the key's use still is `from` (same fingerprint, image and lease); null frees the key. */
  replaceKeyUse(from: KeyUse, to: KeyUse | null): Promise<boolean>;

  /** Ends the lease of every claim and every key's use: for a starting service that knows itself to be the only one. */
  endLeases(): Promise<void>;
}

export type FindQuery = (ReadyFilter | StatusFilter) & {
  /** Creation time, inclusive. */
  readonly createdFrom?: Date | undefined;
  /** Creation time, exclusive. */
  readonly createdBefore?: Date | undefined;
  readonly order: 'newest' | 'oldest';
  /** Go on behind this id, whether or not it still exists. */
  readonly after?: ImageId | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
};

/** All of it combines. */
export interface ReadyFilter {
  readonly status: 'ready';
  readonly userId?: string | undefined;
  /** At most 20. */
  readonly tags: readonly string[];
  /** Whether an image must carry all of `tags` or any of them. */
  readonly tagMode: 'all' | 'any';
  readonly contentType?: MediaType | undefined;
}

export interface StatusFilter {
  readonly status: 'pending' | 'rejected' | 'expired';
  readonly userId?: string | undefined;
}

export interface Page {
  readonly images: readonly Image[];
  /**
   * Where the next page goes on; null when there is none, and only then. A page shorter than `limit` with a position is an
   * intersection that spent its read budget.
   */
  readonly next: ImageId | null;
}

/** One Idempotency-Key of one user: which upload it stands for. */
export interface KeyUse {
  readonly userId: string;
  readonly key: string;
  /** Of what was asked: another one under the same key is a conflict. Lower-case hex. */
  readonly fingerprint: string;
  readonly imageId: ImageId;
  /** Until when the request that works on it holds it; null once its work is done. */
  readonly leaseUntil: Date | null;
  readonly expiresAt: Date;
}
