import { LRUCache } from 'lru-cache';
import type { ApiKey } from '../../domain/access/api-key.ts';
import type { KeyId } from '../../domain/access/api-key-text.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import type { BeforeGuess } from './authenticator.ts';

/** A change in another process counts within this time. */
const MAX_AGE_MS = 5_000;

/** A key with 100 users of 128 characters takes 30 KB. */
const MAX_KNOWN = 1_000;
/** Only ids, which strangers choose: they never displace a known key. */
const MAX_UNKNOWN = 10_000;

/** What was read of a key: with its object callers may keep what they derive from the record. */
export interface RecentKey {
  readonly key: ApiKey;
}

export interface RecentKeys {
  /**
   * The key as it was at most `MAX_AGE_MS` ago; undefined: there was none. Calls `beforeGuess` before it reads a key
   * that this process hasn't seen lately. Errors: those of a read and of `beforeGuess`.
   */
  get(id: KeyId, beforeGuess: BeforeGuess): Promise<RecentKey | undefined>;

  /**
   * Makes later requests read the key again, also while an earlier read waits for its answer. The key stays a seen one.
   */
  outdate(id: KeyId): void;
}

export interface RecentKeysOptions {
  readonly read: (id: KeyId) => Promise<ApiKey | undefined>;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
}

/**
 * Reads keys, each at most once in `MAX_AGE_MS`, also those that don't exist. Errors aren't cached. Returns the same
 * object while the record isn't read again.
 */
export function createRecentKeys({ read, elapsedMs }: RecentKeysOptions): RecentKeys {
  const known = new LRUCache<KeyId, Dated<RecentKey>>({ max: MAX_KNOWN });
  const unknown = new LRUCache<KeyId, Dated<undefined>>({ max: MAX_UNKNOWN });
  const flights = new Map<KeyId, Dated<Promise<RecentKey | undefined>>>();
  const isFresh = ({ readMs }: Dated<unknown>): boolean => elapsedMs() - readMs < MAX_AGE_MS;

  /** An answer that isn't the latest flight's is for those who wait for it, and isn't remembered. */
  async function readNow(id: KeyId, readMs: number, isLatest: () => boolean): Promise<RecentKey | undefined> {
    const key = await read(id);
    if (!isLatest()) return key && { key };
    if (key === undefined) {
      known.delete(id);
      unknown.set(id, { readMs, value: undefined });
      return undefined;
    }
    const value = { key };
    unknown.delete(id);
    known.set(id, { readMs, value });
    return value;
  }

  return {
    async get(id, beforeGuess) {
      const remembered = known.get(id) ?? unknown.get(id);
      if (remembered && isFresh(remembered)) return remembered.value;
      const flight = flights.get(id);
      if (flight && isFresh(flight)) return flight.value;
      if (!known.has(id)) beforeGuess();
      const readMs = elapsedMs(); // before the read: the record may change while its answer is on the way
      const isLatest = (): boolean => flights.get(id) === own;
      const own: Dated<Promise<RecentKey | undefined>> = { readMs, value: readNow(id, readMs, isLatest) };
      flights.set(id, own);
      try {
        return await own.value;
      } finally {
        if (isLatest()) flights.delete(id);
      }
    },

    outdate(id) {
      flights.delete(id);
      const remembered = known.get(id);
      if (remembered) known.set(id, { ...remembered, readMs: Number.NEGATIVE_INFINITY });
      unknown.delete(id);
    },
  };
}

/**
 * `keys` for those who manage them: `recent` forgets what they read or change. So a process refuses a key at once that
 * it has revoked, or has answered to be revoked, also if the answer of the write was lost.
 */
export const outdatingRecent = (keys: KeyRepository, { outdate }: Pick<RecentKeys, 'outdate'>): KeyRepository => ({
  ...keys,
  get: (id) => keys.get(id).finally(() => outdate(id)),
  replace: (from, to) => keys.replace(from, to).finally(() => outdate(from.id)),
  rotate: (rotation) =>
    keys.rotate(rotation).finally(() => {
      outdate(rotation.key.id);
      if (rotation.superseded) outdate(rotation.superseded.key.id);
    }),
});

interface Dated<Value> {
  readonly readMs: number;
  readonly value: Value;
}
