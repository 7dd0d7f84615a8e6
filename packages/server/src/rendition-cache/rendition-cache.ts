import { LRUCache } from 'lru-cache';
import type { ObjectKey } from '../domain/image/object-key.ts';
import type { StoredRendition } from '../domain/rendition/rendition.ts';
import { createSingleFlight, type SingleFlight } from '../flow/single-flight.ts';

/**
 * What this process knows of renditions: those asked for lately, and those being made.
 *
 * Bytes that aren't kept must die young. For every 8 MB of buffers that outlive the young generation V8 marks its whole heap, which
 * takes 30 to 40 ms of two cores. A minor collection frees nothing that an old object refers to, not even a dead one: a map that
 * entries are added to and deleted from leaves old tables behind, each of which refers to the next, and the values of a weak map
 * count as old. Hence:
 * - A large rendition is kept only when it is asked for again (`keepNew`).
 * - A flight that has landed drops its result (flow/single-flight.ts).
 * - Headers of a rendition are a field of it, and not in a weak map.
 */
export interface RenditionCache {
  /** One that was found or made lately, while its image had this revision. It may have been dropped from the store since. */
  find(key: ObjectKey, revision: number): StoredRendition | undefined;
  keep(rendition: StoredRendition): void;
  /** Keeps one that was just made, unless it is large: most are never asked for again, and the next who asks reads it. */
  keepNew(rendition: StoredRendition): void;
  forget(keys: readonly ObjectKey[]): void;
  /** `SingleFlight.run`, by the rendition's key. */
  once: SingleFlight<ObjectKey, StoredRendition>['run'];
}

/** Another process may drop what is old or too many, and can't tell: a redirect to it would lead nowhere for longer. */
const LONGEST_MS = 600_000;
/** What is known of one takes about this much besides its bytes. */
const ENTRY_BYTES = 512;
/** Of one that was just made and is kept at once. */
const MAX_NEW_BYTES = 262_144;

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
  const keep = (rendition: StoredRendition): void => void kept?.set(rendition.key, rendition);
  return {
    find: (key, revision) => {
      const found = kept?.get(key);
      return found?.revision === revision ? found : undefined;
    },
    keep,
    keepNew: (rendition) => {
      if ((rendition.bytes?.length ?? 0) <= MAX_NEW_BYTES) keep(rendition);
    },
    forget: (keys) => {
      for (const key of keys) kept?.delete(key);
    },
    once: flights.run,
  };
}
