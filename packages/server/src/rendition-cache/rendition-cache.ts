import { LRUCache } from 'lru-cache';
import type { ObjectKey } from '../domain/object-key.ts';
import { createSingleFlight, type SingleFlight } from './single-flight.ts';

/** A rendition as it is stored. */
export interface StoredRendition {
  readonly key: ObjectKey;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Strong, with its quotes. */
  readonly entityTag: string;
  /** All of them where they are few; else null: they are the store's to read. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** What this process knows of renditions: those asked for lately, and those being made. */
export interface RenditionCache {
  /** One that was read or made lately, by whoever. It may have been removed from the store since. */
  find(key: ObjectKey): StoredRendition | undefined;
  keep(rendition: StoredRendition): void;
  forget(keys: readonly ObjectKey[]): void;
  /** `SingleFlight.run`, by the rendition's key. */
  once: SingleFlight<ObjectKey, StoredRendition>['run'];
}

/** What is known of one takes about this much besides its bytes. */
const ENTRY_BYTES = 512;

/** `maxBytes`: of all that is kept; 0 keeps nothing. To make room goes first what wasn't found for longest. */
export function createRenditionCache({ maxBytes }: { readonly maxBytes: number }): RenditionCache {
  const kept =
    maxBytes === 0
      ? undefined
      : new LRUCache<ObjectKey, StoredRendition>({
          maxSize: maxBytes,
          sizeCalculation: ({ bytes }) => ENTRY_BYTES + (bytes?.length ?? 0),
        });
  const flights = createSingleFlight<ObjectKey, StoredRendition>();
  return {
    find: (key) => kept?.get(key),
    keep: (rendition) => void kept?.set(rendition.key, rendition),
    forget: (keys) => {
      for (const key of keys) kept?.delete(key);
    },
    once: flights.run,
  };
}
