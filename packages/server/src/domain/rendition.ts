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
