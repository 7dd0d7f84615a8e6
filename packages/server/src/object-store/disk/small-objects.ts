import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { ObjectHead } from '../object-store.ts';

/** A small object with all its bytes. */
export interface SmallObject extends ObjectHead {
  readonly lastModified: Date;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An LRU cache of small objects, so that repeated reads of a picture don't touch the disk. */
export interface SmallObjects {
  /** Whether objects of that size are cached. */
  takes(sizeBytes: number): boolean;
  find(key: ObjectKey): SmallObject | undefined;
  /** False: the cached object under the key has another hash, which is computed once. */
  mayBe(key: ObjectKey, sha256: string): boolean;
  /** To be called before an object is read: the result caches what was read, unless a key was forgotten meanwhile. */
  startReading(key: ObjectKey): (object: SmallObject) => void;
  /** To be called after the key was, or may have been, written or deleted, and before the caller learns the outcome. */
  forget(key: ObjectKey): void;
}

export interface SmallObjectsOptions {
  /** The limit of one object, in bytes. */
  readonly maxObjectBytes: number;
  /** The limit of all objects together, in bytes; the least recently used one is evicted first. */
  readonly maxBytes: number;
}

export function createSmallObjects({ maxObjectBytes, maxBytes }: SmallObjectsOptions): SmallObjects {
  const kept = new LRUCache<ObjectKey, SmallObject>({
    maxSize: maxBytes,
    sizeCalculation: ({ sizeBytes }) => Math.max(sizeBytes, 1),
  });
  const hashes = new WeakMap<SmallObject, string>();
  let forgotten = 0;

  return {
    takes: (sizeBytes) => sizeBytes <= maxObjectBytes,
    find: (key) => kept.get(key),

    mayBe(key, sha256) {
      const object = kept.get(key);
      if (!object) return true;
      const known = hashes.get(object) ?? hash('sha256', object.bytes);
      hashes.set(object, known);
      return known === sha256;
    },

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
