import { createHash } from 'node:crypto';
import type { ObjectKey } from '../image/object-key.ts';

/** A rendition, stored unless the disk has no space for it. */
export interface StoredRendition {
  readonly key: ObjectKey;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Strong, with its quotes. */
  readonly entityTag: string;
  /** All bytes if they are few, or not stored; null: they are read from the store. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** The revision of its image's record when it was found. A purge by any process makes another. */
  readonly revision: number;
}

/** A rendition in the store, without its bytes. */
export interface DatedRendition {
  readonly key: ObjectKey;
  readonly storedAt: Date;
  readonly sizeBytes: number;
}

/**
 * `memory`: this process remembered it; `stored`: the store had it; `made`: it was made for this request, or others
 * with the same one.
 */
export interface FoundRendition {
  readonly rendition: StoredRendition;
  readonly source: 'memory' | 'stored' | 'made';
}

/** The strong entity tag of a rendition that has none from the store. */
export const entityTagOf = (bytes: Uint8Array): string => `"${createHash('sha256').update(bytes).digest('hex')}"`;
