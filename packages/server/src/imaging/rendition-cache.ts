import { LRUCache } from 'lru-cache';
import type { AppError } from '../domain/errors.ts';
import type { PublishedImage } from '../domain/image/image.ts';
import type { ImageId } from '../domain/image/image-id.ts';
import type { ObjectKey } from '../domain/image/object-key.ts';
import { keepFew } from '../domain/remember.ts';
import type { DatedRendition, FoundRendition, StoredRendition } from '../domain/rendition/rendition.ts';
import { createSingleFlight, type SingleFlight } from '../flow/single-flight.ts';

/**
 * What this process knows of renditions: those asked for lately, and those being made.
 *
 * Bytes that aren't kept must die young. For every 8 MB of buffers that outlive the young generation V8 marks its whole
 * heap, which takes 30 to 40 ms of two cores. A minor collection frees nothing that an old object refers to, not even a
 * dead one: a map that entries are added to and deleted from leaves old tables behind, each of which refers to the
 * next. Hence:
 * - A large rendition is kept only when it is asked for again (`keepNew`).
 * - A flight that has landed drops its result (flow/single-flight.ts).
 */
export interface RenditionCache {
  /**
   * A rendition that was found or made recently while its image had this revision. It may have been removed from the
   * store since.
   */
  find(key: ObjectKey, revision: number): StoredRendition | undefined;
  keep(rendition: StoredRendition): void;
  /** Keeps a new rendition unless it is large: most are never requested again, and the next request reads it. */
  keepNew(rendition: StoredRendition): void;
  forget(keys: readonly ObjectKey[]): void;
  /** The free renditions of an image of this revision, the newest first, if they were listed within a minute. */
  freeOf(image: PublishedImage): readonly DatedRendition[] | undefined;
  /** Remembers a list for a minute; a list that follows from a known one, for the rest of that one's minute. */
  keepFreeOf(image: PublishedImage, free: readonly DatedRendition[]): void;
  /** Why the rendition of this key can't be made, whenever it is asked for; undefined: unknown. */
  refusal(key: ObjectKey): AppError | undefined;
  keepRefusal(key: ObjectKey, refusal: AppError): void;
  /** `SingleFlight.run`, by the rendition's key. */
  once: SingleFlight<ObjectKey, FoundRendition>['run'];
}

interface FreeRenditions {
  readonly revision: number;
  readonly free: readonly DatedRendition[];
}

/** Another process may remove old or excess renditions without notice: a redirect to one would fail for longer. */
const LONGEST_MS = 600_000;
/** The memory of an entry besides its bytes. */
const ENTRY_BYTES = 512;
/** The size limit of a new rendition that is kept at once. */
const MAX_NEW_BYTES = 262_144;

/** Images whose free renditions are remembered, 64 each. */
const MAX_LISTS = 500;
const LISTED_MS = 60_000;
/** Each takes about as much memory as an entry, and saves up to 8 s of a decoder. */
const MAX_REFUSALS = 1_000;

/** `maxBytes`: of all entries; 0 keeps nothing. Evicts the least recently used. */
export function createRenditionCache({ maxBytes }: { readonly maxBytes: number }): RenditionCache {
  const kept =
    maxBytes === 0
      ? undefined
      : new LRUCache<ObjectKey, StoredRendition>({
          maxSize: maxBytes,
          ttl: LONGEST_MS,
          ttlResolution: 1000, // in ms; an exact time would start a timer for nearly every request
          sizeCalculation: ({ bytes }) => ENTRY_BYTES + (bytes?.length ?? 0),
        });
  const lists = new LRUCache<ImageId, FreeRenditions>({ max: MAX_LISTS, ttl: LISTED_MS, noUpdateTTL: true });
  const freeOf: RenditionCache['freeOf'] = ({ id, revision }) => {
    const list = lists.get(id);
    return list?.revision === revision ? list.free : undefined;
  };
  const refusals = keepFew<ObjectKey, AppError>(MAX_REFUSALS);
  const flights = createSingleFlight<ObjectKey, FoundRendition>();
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
    freeOf,
    keepFreeOf: (image, free) => {
      if (!freeOf(image)) lists.delete(image.id); // its minute begins now
      lists.set(image.id, { revision: image.revision, free });
    },
    refusal: refusals.get,
    keepRefusal: refusals.set,
    once: flights.run,
  };
}
