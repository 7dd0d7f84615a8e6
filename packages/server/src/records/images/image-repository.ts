import type { TokenUse } from '../../domain/access/upload-token.ts';
import type { ChangedDetail } from '../../domain/event/image-event.ts';
import type { Details } from '../../domain/facts/facts.ts';
import type { Image, PendingImage, PublishedImage, StoredImage } from '../../domain/image/image.ts';
import type { ImageFilter } from '../../domain/image/image-filter.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Lane } from '../../domain/image/lane.ts';
import type { KnownBytes } from '../../domain/lists/known-bytes.ts';
import type { ListOrder, ListPosition } from '../../domain/lists/list-position.ts';
import type { Month, MonthCount } from '../../domain/lists/months.ts';
import type { TagCount } from '../../domain/lists/tags.ts';

/**
 * The record of every image. A resolved write survives a power cut. Errors: `unavailable` if the store can't be reached
 * or is locked for long, `insufficient-storage` if it is full, `internal` for a requested record that can't be read.
 * Lists omit and report such a record. Writing a record of a newer version of the service is `unavailable`, with
 * `isOfNewerVersion`: in a rolling upgrade the store works.
 *
 * Image objects are immutable.
 */
export interface ImageRepository {
  /**
   * Adds a new record, and counts `tokenUse` if given: both or neither. False if the id is taken. Errors:
   * `upload-token-used-up`, `external-id-taken`, `former-id-taken`.
   */
  create(image: PendingImage, tokenUse?: TokenUse): Promise<boolean>;

  /** The record, including deleted ones, as of the last resolved write. */
  get(id: ImageId): Promise<Image | undefined>;

  /**
   * The image of `userId` that has this external id, in any state that hasn't ended, as of the last resolved write.
   * Errors: those of `get`.
   */
  findByExternalId(userId: string, externalId: string): Promise<Image | undefined>;

  /**
   * The image of any user that had this id in an earlier service, in any state that hasn't ended, as of the last
   * resolved write. Errors: those of `get`.
   */
  findByFormerId(formerId: string): Promise<Image | undefined>;

  /**
   * The image, for a caller that will write the record or remove its objects. Errors: `unavailable` with
   * `isOfNewerVersion` and the seconds to wait if a newer version of the service wrote it: the record and its objects
   * then belong to that version.
   */
  getToChange(id: ImageId): Promise<Image | undefined>;

  /**
   * Writes `to` if the record still is `from` (same status, revision, attempt, expiry, due time, rendition failures,
   * ETag, epoch, links and names of filters); false if it has changed. The only way to change a record. A change of
   * status must be legal (`canBecome`); otherwise it is a programming error. Errors: `external-id-taken` if `to` has an
   * external id that `from` lacks, and another image of its user has it.
   *
   * `details` are written with it: both or neither. `hasDetails` of a stored `to` must say whether it has any. An image
   * that isn't stored has none, whatever is given.
   */
  replace(from: Image, to: Image, options?: ReplaceOptions): Promise<boolean>;

  /**
   * What a picture says that isn't in its record, as of the last resolved write; null: nothing, or it isn't stored any
   * more. Not read if the image's `hasDetails` is false.
   */
  details(image: StoredImage): Promise<Details | null>;

  /**
   * A page of matches, in their order. Its cost depends on the page, never on the amount of stored data. A query with
   * words or a visibility is a programming error if `searches` is false, and one by capture if `ordersByCapture`
   * doesn't answer it.
   */
  find(query: FindQuery): Promise<Page>;

  /** Whether `find` finds images by words and by their visibility, and there are `tags` and `known`. */
  readonly searches: boolean;

  /** Whose lists by capture `find` has, and whose `months` there are. Once there are some, there always are. */
  ordersByCapture(): Promise<CaptureOrders>;

  /** What lists by capture need of images that an earlier version wrote; null: nothing. */
  readonly places: Places | null;

  /** How many ready images were taken in which months, the latest first; only months that have some. */
  months(query: MonthsQuery): Promise<readonly MonthCount[]>;

  /** The tags of an owner's ready images, in the order of their code points. */
  tags(query: TagsQuery): Promise<readonly TagCount[]>;

  /** For each of `digests` that an owner's stored images have, one of these images, in their order. */
  known(query: KnownQuery): Promise<readonly KnownBytes[]>;

  /**
   * Adds `use` if its user has no live use of that key, together with `image` if given: both or neither. Otherwise
   * returns the existing use and writes nothing. A use ends at its `expiresAt`. `tokenUse` is counted with `image`, as
   * by `create`, with the same errors.
   */
  useKey(use: KeyUse, now: Date, image?: PendingImage, tokenUse?: TokenUse): Promise<KeyUse | undefined>;

  /** The live use of that key; undefined: there is none. */
  findKeyUse(of: Pick<KeyUse, 'userId' | 'key'>, now: Date): Promise<KeyUse | undefined>;

  /** Whether the token has no use left, as of the last resolved write. Only `create` and `useKey` count, and decide. */
  isUsedUp(tokenUse: TokenUse): Promise<boolean>;

  /** Writes `to` if the key's use still is `from` (same fingerprint, image and lease); null frees the key. */
  replaceKeyUse(from: KeyUse, to: KeyUse | null): Promise<boolean>;

  /** The number of shards of the work; each lane of each shard is swept separately. */
  readonly shards: number;

  /** Up to `limit` records of `part` whose `dueAt` is `now` or before, the longest due first. */
  due(now: Date, limit: number, part: DuePart): Promise<readonly Image[]>;

  /**
   * A page of all ready and trashed images, of all owners, in no particular order; continue with `next` until it is
   * null. Its cost depends on the page, which may be empty. An image that is trashed or restored meanwhile may come
   * twice, or be left out.
   */
  published(limit: number, after?: string): Promise<PublishedPage>;

  /**
   * Removes expired data: records, counts of upload tokens and revocations of view tokens by `forgetAt`, uses of keys
   * by `expiresAt`. The store may do so by itself, later.
   */
  forget(now: Date): Promise<void>;

  /**
   * Resolves if a record could be written now, by writing an item that no other process writes. Errors: those of a
   * write.
   */
  check(now: Date): Promise<void>;
}

/** `none`: a walk with `places` makes those of each owner. */
export type CaptureOrders = 'of-all' | 'of-each-owner' | 'none';

/**
 * The places of images in lists by capture, and their months. A walk begins, waits `noticedMs`, places each image, in
 * passes until one places none, and finishes. Errors: `unavailable` for an image that doesn't stop changing, or a walk
 * that another replaced.
 */
export interface Places {
  /** A number for `finish`. May be repeated. */
  begin(): Promise<number>;
  /** By then every process of this version knows that a walk has begun, and has ended its writes from before. */
  readonly noticedMs: number;
  /** Whether the image lacked something. Its revision stays. */
  place(id: ImageId): Promise<boolean>;
  /** May be repeated. */
  finish(begun: number): Promise<void>;
}

export interface ReplaceOptions {
  /** null: none from now on; absent: they stay. */
  readonly details?: Details | null | undefined;
  /** Which of them the event of the change names. */
  readonly changedDetails?: readonly ChangedDetail[] | undefined;
}

/** A part of the due work. */
export interface DuePart {
  readonly lane: Lane;
  /** From 0 to `shards` - 1. */
  readonly shard: number;
}

export type FindQuery = ImageFilter & {
  /** By capture: ready images only, without words and metadata. */
  readonly order: ListOrder;
  /** Continues after this position of that order. */
  readonly after?: ListPosition | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
};

export interface MonthsQuery {
  /** undefined: all owners. */
  readonly userId?: string | undefined;
  /** Continues before this month. */
  readonly before?: Month | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface TagsQuery {
  readonly userId: string;
  /** How they begin; '': in any way. */
  readonly prefix: string;
  /** 1 to 50. */
  readonly limit: number;
}

export interface KnownQuery {
  readonly userId: string;
  /** SHA-256 in lower-case hex; 1 to 1,000. */
  readonly digests: readonly string[];
}

export interface Page {
  readonly images: readonly Image[];
  /**
   * The position of the next page; null only if there is none. A page shorter than `limit` with a position is an
   * intersection or a search that spent its read budget, or omitted more than `MAX_UNREADABLE_ON_PAGE` records.
   */
  readonly next: ListPosition | null;
}

export interface PublishedPage {
  readonly images: readonly PublishedImage[];
  /** Deleted images that an earlier version left in a month and a list by capture. `Places.place` takes them out. */
  readonly left: readonly ImageId[];
  /** A position of this repository; null: it was the last page. */
  readonly next: string | null;
}

/** One Idempotency-Key of one user, and the upload to which it refers. */
export interface KeyUse {
  readonly userId: string;
  readonly key: string;
  /** The request's fingerprint: another one under the same key is a conflict. Lower-case hex. */
  readonly fingerprint: string;
  readonly imageId: ImageId;
  /** Until when the running request holds it; null once its work is done. */
  readonly leaseUntil: Date | null;
  readonly expiresAt: Date;
}
