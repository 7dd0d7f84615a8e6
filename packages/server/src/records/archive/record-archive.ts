import type { ApiKey } from '../../domain/access/api-key.ts';
import type { Revocation } from '../../domain/access/revocation.ts';
import type { Album } from '../../domain/album/album.ts';
import type { Webhook } from '../../domain/event/webhook.ts';
import type { Details } from '../../domain/facts/facts.ts';
import { type Image, isStored, type StoredImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Limits } from '../../domain/usage/quota.ts';
import type { Erasure } from '../../domain/user/erasure.ts';

/**
 * All records of a service, for operators' commands: backup, restore, reconcile, a user's data. Reading costs as much
 * as all records, so no request uses it. Errors: those of `ImageRepository`.
 */
export interface RecordArchive {
  /**
   * Every archived record, and images in all states, in pages, in no particular order. On SQLite and PostgreSQL as of
   * one moment; on DynamoDB each record is as of the last resolved write when its page was read. An unreadable record,
   * or one of a newer version, is an error that names it.
   */
  all(options?: ReadAllOptions): AsyncIterable<readonly ArchiveRecord[]>;

  /**
   * Adds a record as it is, whatever its state, with what is derived from it (facets, search, usage); false if a record
   * with that id exists, which stays as it is, unless it is an earlier revocation of the same tokens. An image is whole
   * or absent at any moment. Errors: `external-id-taken`, `former-id-taken` for an image whose id another image has.
   */
  put(record: ArchiveRecord): Promise<boolean>;
}

export interface ReadAllOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * `of-each-page`: each page is read as of the last write before, as on DynamoDB, for a reader that takes long: its
   * transaction would keep the WAL of SQLite growing, and hold back VACUUM in PostgreSQL. Absent: `of-all`, one moment
   * for all pages on both.
   */
  readonly moment?: 'of-all' | 'of-each-page';
  /**
   * Whose details are read: one more read for each image. The others come without, whatever their `hasDetails` says.
   * Absent: those of all.
   */
  readonly needsDetails?: ((image: Image) => boolean) | undefined;
  /** Is told of an image's record that can't be read, which is then left out; absent: it is an error. */
  readonly onUnreadable?: ((id: ImageId, error: unknown) => void) | undefined;
  /**
   * Called before the records that it concerns if the database of SQLite is damaged. The readable records follow, and
   * `onUnreadable` is called for each unreadable image. Absent, and on other stores: damage is an error.
   */
  readonly onDamage?: ((detail: string) => void) | undefined;
}

export type ArchiveRecord =
  | ImageRecord<Image>
  /** One that isn't deleted. Its images say themselves that they are in it. */
  | { readonly kind: 'album'; readonly album: Album }
  | { readonly kind: 'key'; readonly key: ApiKey }
  | { readonly kind: 'limits'; readonly userId: string; readonly limits: Limits }
  | TokenCount
  /** Ends view tokens. */
  | { readonly kind: 'revocation'; readonly revocation: Revocation }
  /** Without its place: the log is in no archive. */
  | { readonly kind: 'webhook'; readonly webhook: UnplacedWebhook }
  | { readonly kind: 'erasure'; readonly erasure: Erasure }
  /** The key of erasures' hashes: 32 bytes in lower-case hex. There is one, made with the first erasure. */
  | { readonly kind: 'erasure-key'; readonly key: string };

/** An image and its details: absent exactly if its `hasDetails` is false, or if `needsDetails` left them out. */
export interface ImageRecord<Recorded extends Image> {
  readonly kind: 'image';
  readonly image: Recorded;
  readonly details?: Details;
}

export type UnplacedWebhook = Omit<Webhook, 'position'>;

export const unplaced = ({ position: _, ...webhook }: Webhook): UnplacedWebhook => webhook;

/** How many images an upload token with a limit has permitted. */
export interface TokenCount {
  readonly kind: 'token-count';
  readonly tokenId: string;
  readonly used: number;
  readonly forgetAt: Date;
}

/**
 * A record that a backup keeps. Of images those whose bytes are kept: other ones hold nothing that could be restored.
 */
export type ArchivedRecord = Exclude<ArchiveRecord, { readonly kind: 'image' }> | ImageRecord<StoredImage>;

export const isArchived = (record: ArchiveRecord): record is ArchivedRecord =>
  record.kind !== 'image' || isStored(record.image);
