import type { ObjectKey } from '../image/object-key.ts';

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
  /** As the last answer had them; absent before the first. */
  headers?: RenditionHeaders;
}

/** Headers of an answer with a rendition, ready for the next that gives it the same file name and keeps it as long. */
export interface RenditionHeaders {
  readonly filename: string;
  readonly cacheControl: string;
  /** Of every answer, a 304 too. */
  readonly shared: Readonly<Record<Lowercase<string>, string>>;
  /** Of an answer with all of its bytes. */
  readonly whole: Readonly<Record<Lowercase<string>, string>>;
}
