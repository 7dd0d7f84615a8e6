import type { ObjectKey } from '../domain/object-key.ts';
import type { ObjectHead } from './object-store.ts';

/** An object of few bytes, whole. */
export interface SmallObject extends ObjectHead {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Small objects that were read, so that the same picture again and again is read once. */
export interface SmallObjects {
  /** Whether objects of that size are kept. */
  takes(sizeBytes: number): boolean;
  find(key: ObjectKey): SmallObject | undefined;
  /** To be called before an object is read: keeps what was read, unless any was forgotten meanwhile. */
  startReading(key: ObjectKey): (object: SmallObject) => void;
  /** To be called after the key was written or deleted, or may have been, and before anybody is told. */
  forget(key: ObjectKey): void;
}

export interface SmallObjectsOptions {
  /** Of one object. */
  readonly maxObjectBytes: number;
  /** Of all; to make room goes first what wasn't found since room was made before. */
  readonly maxBytes: number;
}

interface Kept {
  readonly object: SmallObject;
  isFound: boolean;
}

export function createSmallObjects({ maxObjectBytes, maxBytes }: SmallObjectsOptions): SmallObjects {
  const kept = new Map<ObjectKey, Kept>();
  let keptBytes = 0;
  let forgotten = 0;

  const remove = (key: ObjectKey): void => {
    keptBytes -= kept.get(key)?.object.sizeBytes ?? 0;
    kept.delete(key);
  };

  /** What was found gets a second chance: cheaper than to put it last each time it is found. */
  const makeRoom = (): void => {
    for (const [key, one] of kept) {
      if (keptBytes <= maxBytes) return;
      if (one.isFound) {
        kept.delete(key);
        kept.set(key, { ...one, isFound: false }); // comes again, at the end
      } else remove(key);
    }
  };

  return {
    takes: (sizeBytes) => sizeBytes <= maxObjectBytes,

    find(key) {
      const one = kept.get(key);
      if (one) one.isFound = true;
      return one?.object;
    },

    startReading(key) {
      const before = forgotten;
      return (object) => {
        if (forgotten !== before) return;
        remove(key);
        kept.set(key, { object, isFound: false });
        keptBytes += object.sizeBytes;
        makeRoom();
      };
    },

    forget(key) {
      forgotten += 1;
      remove(key);
    },
  };
}
