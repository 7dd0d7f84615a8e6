import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { withoutUser } from '../../domain/user/keys-of-user.ts';
import { toStored } from '../../key-repository/stored-key.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { UserRecords } from '../user-records.ts';

/** Rows that one transaction removes: a few milliseconds, because other writes wait for it. */
const BATCH = 500;

/** How long readers, such as a backup's snapshot, may keep the log from being emptied. */
const READERS_MS = 10_000;
const PAUSE_MS = 50;

/**
 * The records of a user in the database of `openDatabase`, which overwrites what it deletes; `writes` is that connection's group commit.
 * `remove` is for the only process that changes images.
 */
export function createSqliteUserRecords(database: DatabaseSync, writes: GroupCommit): UserRecords {
  const keyUses = database.prepare('SELECT COUNT(*) FROM idempotency_keys WHERE user_id = ?');
  const removeImages = database.prepare(
    `DELETE FROM images WHERE n IN (SELECT n FROM images WHERE user_id = ? AND status = 'deleted' LIMIT ${BATCH})`,
  );
  const removeKeyUses = database.prepare('DELETE FROM idempotency_keys WHERE user_id = ?');
  const removeToken = database.prepare('DELETE FROM upload_token_uses WHERE token_id = ?');
  const removeSums = ['usage', 'usage_recounts', 'quotas'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE user_id = ?`),
  );
  const removeKey = database.prepare('DELETE FROM api_keys WHERE id = ?');
  const changeKey = database.prepare('UPDATE api_keys SET acts_as = ? WHERE id = ?');
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  const vacuum = database.prepare('VACUUM');

  /** Writes the log into the file, and cuts it off. */
  async function emptyLog(): Promise<void> {
    for (const end = performance.now() + READERS_MS; ; await delay(PAUSE_MS)) {
      if (Number(translated(() => firstRow(checkpoint, []))?.[0]) === 0) return;
      if (performance.now() > end) break;
    }
    const detail = `expected nobody to read the database for long; got a reader for ${READERS_MS / 1000} s, such as a backup: try again later`;
    throw new AppError('unavailable', detail, { retryAfterSeconds: 60 });
  }

  return {
    countKeyUses: async (userId) => Number(translated(() => firstRow(keyUses, [userId]))?.[0] ?? 0),

    async remove({ userId, tokenIds, keys }) {
      while ((await writes.write(() => removeImages.run(userId).changes)) === BATCH);
      const removed = { keys: 0, keysChanged: 0, tokenCounts: 0, keyUses: 0 };
      for (const key of keys) {
        const left = withoutUser(key, userId);
        if (left === key) continue;
        await writes.write(() => void (left ? changeKey.run(toStored(left).actsAs, key.id) : removeKey.run(key.id)));
        removed[left ? 'keysChanged' : 'keys'] += 1;
      }
      for (let start = 0; start < tokenIds.length; start += BATCH) {
        const batch = tokenIds.slice(start, start + BATCH);
        removed.tokenCounts += await writes.write(() =>
          batch.reduce((sum, id) => sum + Number(removeToken.run(id).changes), 0),
        );
      }
      removed.keyUses = await writes.write(() => {
        for (const statement of removeSums) statement.run(userId);
        return Number(removeKeyUses.run(userId).changes);
      });
      return removed;
    },

    async scrub() {
      await emptyLog();
    },
  };
}
