import type { ApiKey } from '../../domain/access/api-key.ts';
import type { KeyId } from '../../domain/access/api-key-text.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import { createRecentReads, type RecentReads } from './recent-reads.ts';

/** A key with 100 users of 128 characters takes 30 KB. */
const MAX_KNOWN = 1_000;
/** Only ids, which strangers choose: they never displace a known key. */
const MAX_UNKNOWN = 10_000;

/** What was read of a key: with its object callers may keep what they derive from the record. */
export interface RecentKey {
  readonly key: ApiKey;
}

/** The keys as they were at most five seconds ago. */
export type RecentKeys = RecentReads<KeyId, RecentKey>;

export interface RecentKeysOptions {
  readonly read: (id: KeyId) => Promise<ApiKey | undefined>;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
}

/** With each read of a key comes a new object. */
export const createRecentKeys = ({ read, elapsedMs }: RecentKeysOptions): RecentKeys =>
  createRecentReads({
    nameOf: (id) => id,
    async read(id) {
      const key = await read(id);
      return key && { key };
    },
    elapsedMs,
    maxKnown: MAX_KNOWN,
    maxUnknown: MAX_UNKNOWN,
  });

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
