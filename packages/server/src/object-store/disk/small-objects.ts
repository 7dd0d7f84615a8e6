import { LRUCache } from 'lru-cache';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { ObjectHead } from '../object-store.ts';

/** An object of few bytes, whole. */
export interface SmallObject extends ObjectHead {
  readonly lastModified: Date;
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
  /** Of all; to make room goes first what wasn't found for longest. */
  readonly maxBytes: number;
}

export function createSmallObjects({ maxObjectBytes, maxBytes }: SmallObjectsOptions): SmallObjects {
  const kept = new LRUCache<ObjectKey, SmallObject>({
    maxSize: maxBytes,
    sizeCalculation: ({ sizeBytes }) => Math.max(sizeBytes, 1),
  });
  let forgotten = 0;

  return {
    takes: (sizeBytes) => sizeBytes <= maxObjectBytes,
    find: (key) => kept.get(key),

    startReading(key) {
      const before = forgotten;
      return (object) => {
        if (forgotten === before) kept.set(key, object);
      };
    },

    forget(key) {
      forgotten += 1;
      kept.delete(key);
    },
  };
}
