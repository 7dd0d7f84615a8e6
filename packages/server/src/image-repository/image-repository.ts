import type { Image, PendingImage } from '../domain/image.ts';
import type { ImageFilter } from '../domain/image-filter.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { Lane } from '../domain/lane.ts';

/**
 * The record of every image. A write that resolved survives a power cut. Errors: `unavailable` when the store can't be
 * reached or is locked for long, `insufficient-storage` when it is full, `internal` of a record that was asked for and can't be
 * read; among others such a record is left out, and reported.
 *
 * An image that was read is never changed. A later read answers the same object only while every field of the record is the same;
 * it need not. So what is derived from an image may be kept by the object's identity.
 */
export interface ImageRepository {
  /** Adds a new record; false when its id is taken. */
  create(image: PendingImage): Promise<boolean>;

  /** The record, deleted ones too, as of the last resolved write. */
  get(id: ImageId): Promise<Image | undefined>;

  /**
   * The same, for who will write the record, or remove what it refers to. Errors: `unavailable`, with the seconds to wait, when a
   * newer version of the service wrote it: the record and its objects are then that version's alone.
   */
  getToChange(id: ImageId): Promise<Image | undefined>;

  /**
   * Writes `to` where the record still is `from` (same status, revision, attempt, expiry, due time, failures of renditions
   * and entity tag); false when it has changed. The one way a record changes: a change of status must be legal (`canBecome`), anything else is a programming error.
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

  /** How many shards the work is divided into; each lane of each is swept by itself. */
  readonly shards: number;

  /** Up to `limit` records of `part` whose `dueAt` is `now` or before, the longest due first. */
  due(now: Date, limit: number, part: DuePart): Promise<readonly Image[]>;

  /**
   * Takes the lease, or keeps its holder's own; false while another holder's stands. One that ends later than
   * `LONGEST_LEASE_SECONDS` from now was taken by a clock that was wrong, and counts for nothing.
   */
  holdLease(lease: Lease, now: Date): Promise<boolean>;

  /** Prolongs the holder's own lease; false where it has lapsed, or another holder has taken it since. */
  renewLease(lease: Lease, now: Date): Promise<boolean>;

  /** Removes what is past its day: records by `forgetAt`, uses of keys by `expiresAt`. The store may do so by itself, later. */
  purge(now: Date): Promise<void>;

  /** What was last set under that name; undefined at first. */
  bookmark(name: Bookmark): Promise<string | undefined>;

  /** Keeps where a walk through all objects goes on. */
  setBookmark(name: Bookmark, position: string): Promise<void>;

  /** Resolves when a record could be written now, by writing what no other process writes. Errors: those of a write. */
  check(now: Date): Promise<void>;
}

export type Bookmark = 'orphans';

export const LONGEST_LEASE_SECONDS = 600;

/** A part of the work that is due. */
export interface DuePart {
  readonly lane: Lane;
  /** From 0 to `shards` - 1. */
  readonly shard: number;
}

/** The right to do what only one may do at a time, for `LONGEST_LEASE_SECONDS` at most. */
export interface Lease {
  readonly name: `sweep-${Lane}-${number}` | 'sweep-incoming' | 'sweep-orphans';
  readonly holder: string;
  readonly until: Date;
}

export type FindQuery = ImageFilter & {
  readonly order: 'newest' | 'oldest';
  /** Go on behind this id, whether or not it still exists. */
  readonly after?: ImageId | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
};

export interface Page {
  readonly images: readonly Image[];
  /**
   * Where the next page goes on; null when there is none, and only then. A page shorter than `limit` with a position is an
   * intersection that spent its read budget, or left out more than `MAX_UNREADABLE_ON_PAGE` records.
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
