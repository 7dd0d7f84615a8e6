import type { ObjectKey } from './object-key.ts';

/** A rendition as it is stored. */
export interface StoredRendition {
  readonly key: ObjectKey;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Strong, with its quotes. */
  readonly entityTag: string;
  /** All of them where they are few; else null: they are the store's to read. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** Of its image's record when it was found: a purge, by whatever process, makes another. */
  readonly revision: number;
}
