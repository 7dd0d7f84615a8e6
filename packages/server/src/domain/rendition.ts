import type { ObjectKey } from './object-key.ts';

/** A stored rendition. */
export interface StoredRendition {
  readonly key: ObjectKey;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Strong, with its quotes. */
  readonly entityTag: string;
  /** All bytes if they are few; null: they are read from the store. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** The revision of its image's record when it was found. A purge by any process makes another. */
  readonly revision: number;
}
