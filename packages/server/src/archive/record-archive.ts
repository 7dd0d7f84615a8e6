import type { ApiKey } from '../domain/access/api-key.ts';
import type { Image } from '../domain/image/image.ts';
import type { Limits } from '../domain/usage/quota.ts';
import type { Erasure } from '../domain/user/erasure.ts';

/**
 * All records of a service, for operators' commands: backup, restore, reconcile, a user's data. Reading costs as much as all records, so no
 * request uses it. Errors: those of `ImageRepository`.
 */
export interface RecordArchive {
  /**
   * Every archived record, and images in all states, in pages, in no particular order. On SQLite as of one moment; on DynamoDB each record
   * is as of the last resolved write when its page was read. An unreadable record, or one of a newer version, is an error that names it.
   */
  all(options?: ReadAllOptions): AsyncIterable<readonly ArchiveRecord[]>;

  /**
   * Adds a record as it is, whatever its state, with what is derived from it (facets, search, usage); false if a record with that id
   * exists, which stays as it is. An image is whole or absent at any moment.
   */
  put(record: ArchiveRecord): Promise<boolean>;
}

export interface ReadAllOptions {
  readonly signal?: AbortSignal | undefined;
}

export type ArchiveRecord =
  | { readonly kind: 'image'; readonly image: Image }
  | { readonly kind: 'key'; readonly key: ApiKey }
  | { readonly kind: 'limits'; readonly userId: string; readonly limits: Limits }
  | TokenCount
  | { readonly kind: 'erasure'; readonly erasure: Erasure }
  /** The key of erasures' hashes: 32 bytes in lower-case hex. There is one, made with the first erasure. */
  | { readonly kind: 'erasure-key'; readonly key: string };

/** How many images an upload token with a limit has permitted. */
export interface TokenCount {
  readonly kind: 'token-count';
  readonly tokenId: string;
  readonly used: number;
  readonly forgetAt: Date;
}
