import { LRUCache } from 'lru-cache';
import type { ObjectKey } from '../domain/object-key.ts';
import type { StoredRendition } from '../domain/rendition.ts';
import { createSingleFlight, type SingleFlight } from './single-flight.ts';

/** What this process knows of renditions: those asked for lately, and those being made. */
export interface RenditionCache {
  /** One that was found or made lately, while its image had this revision. It may have been dropped from the store since. */
  find(key: ObjectKey, revision: number): StoredRendition | undefined;
  keep(rendition: StoredRendition): void;
  forget(keys: readonly ObjectKey[]): void;
  /** `SingleFlight.run`, by the rendition's key. */
  once: SingleFlight<ObjectKey, StoredRendition>['run'];
}

/** Another process may drop what is old or too many, and can't tell: a redirect to it would lead nowhere for longer. */
const LONGEST_MS = 600_000;
/** What is known of one takes about this much besides its bytes. */
const ENTRY_BYTES = 512;

/** `maxBytes`: of all that is kept; 0 keeps nothing. To make room goes first what wasn't found for longest. */
export function createRenditionCache({ maxBytes }: { readonly maxBytes: number }): RenditionCache {
  const kept =
    maxBytes === 0
      ? undefined
      : new LRUCache<ObjectKey, StoredRendition>({
          maxSize: maxBytes,
          ttl: LONGEST_MS,
          ttlResolution: 1000, // ms; exact, it would start a timer for nearly every request
          sizeCalculation: ({ bytes }) => ENTRY_BYTES + (bytes?.length ?? 0),
        });
  const flights = createSingleFlight<ObjectKey, StoredRendition>();
  return {
    find: (key, revision) => {
      const found = kept?.get(key);
      return found?.revision === revision ? found : undefined;
    },
    keep: (rendition) => void kept?.set(rendition.key, rendition),
    forget: (keys) => {
      for (const key of keys) kept?.delete(key);
    },
    once: flights.run,
  };
}
