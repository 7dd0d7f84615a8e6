import type { DatabaseSync } from 'node:sqlite';
import type { KeyId } from '../../../domain/access/api-key-text.ts';
import { prefixesOfUser } from '../../../domain/image/object-key.ts';
import { withoutUser } from '../../../domain/user/keys-of-user.ts';
import { KEY_COLUMNS, keyIn } from '../../keys/key-row.ts';
import { toStored } from '../../keys/stored-key.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { scrubDatabase } from '../../sqlite/scrub.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { UserRecords } from '../user-records.ts';

/** Rows that one transaction removes: a few milliseconds, because other writes wait for it. */
const BATCH = 500;

/**
 * The records of a user in the database of `openDatabase` in `folder`; `writes` is that connection's group commit.
 * `remove` is for the only process that changes images.
 */
export function createSqliteUserRecords(
  database: DatabaseSync,
  writes: GroupCommit,
  { folder }: { readonly folder: string },
): UserRecords {
  const keyUses = database.prepare('SELECT COUNT(*) FROM idempotency_keys WHERE user_id = ?');
  const removeImages = database.prepare(
    `DELETE FROM images WHERE n IN (SELECT n FROM images WHERE user_id = ? AND status = 'deleted' LIMIT ${BATCH})`,
  );
  const removeKeyUses = database.prepare('DELETE FROM idempotency_keys WHERE user_id = ?');
  const removeToken = database.prepare('DELETE FROM upload_token_uses WHERE token_id = ?');
  const removeCounts = database.prepare(
    'DELETE FROM album_counts WHERE album_id IN (SELECT id FROM albums WHERE user_id = ?)',
  );
  const removeRows = [
    'usage',
    'usage_recounts',
    'image_counts',
    'captured_months',
    'quotas',
    'view_revocations',
    'albums',
  ].map((table) => database.prepare(`DELETE FROM ${table} WHERE user_id = ?`));
  const removeRequests = database.prepare(
    "DELETE FROM requests WHERE instr(body || ' ' || ifnull(progress, '') || ' ' || ifnull(answer, ''), ?)",
  );
  const autocheckpoint = database.prepare('PRAGMA wal_autocheckpoint');
  const selectKey = database.prepare(`SELECT ${KEY_COLUMNS} FROM api_keys WHERE id = ?`);
  const removeKey = database.prepare('DELETE FROM api_keys WHERE id = ?');
  const changeKey = database.prepare('UPDATE api_keys SET acts_as = ? WHERE id = ?');

  /**
   * Takes the user out of the key as it is now: the deletion of another user may have changed it since it was found.
   */
  const takeOut = (id: KeyId, userId: string): 'keys' | 'keysChanged' | undefined => {
    const row = firstRow(selectKey, [id]);
    if (!row) return undefined;
    const key = keyIn(row);
    const left = withoutUser(key, userId);
    if (left === key) return undefined;
    if (left) changeKey.run(toStored(left).actsAs, id);
    else removeKey.run(id);
    return left ? 'keysChanged' : 'keys';
  };

  return {
    countKeyUses: async (userId) => Number(translated(() => firstRow(keyUses, [userId]))?.[0] ?? 0),

    async remove({ userId, tokenIds, keys }) {
      const removed = { keys: 0, keysChanged: 0, tokenCounts: 0, keyUses: 0 };
      // Before the images, which alone name the tokens: after a crash the next call finds them again.
      for (let start = 0; start < tokenIds.length; start += BATCH) {
        const batch = tokenIds.slice(start, start + BATCH);
        removed.tokenCounts += await writes.write(() =>
          batch.reduce((sum, id) => sum + Number(removeToken.run(id).changes), 0),
        );
      }
      while ((await writes.write(() => removeImages.run(userId).changes)) === BATCH);
      for (const { id } of keys) {
        const outcome = await writes.write(() => takeOut(id, userId));
        if (outcome) removed[outcome] += 1;
      }
      removed.keyUses = await writes.write(() => {
        removeCounts.run(userId);
        for (const statement of removeRows) statement.run(userId);
        for (const name of namesIn(userId)) removeRequests.run(name); // left by commands that were killed
        return Number(removeKeyUses.run(userId).changes);
      });
      return removed;
    },

    async scrub() {
      const [pages] = firstRow(autocheckpoint, []) ?? [];
      database.exec('PRAGMA wal_autocheckpoint = 0'); // else the next commit would copy the whole log, in this thread
      try {
        await scrubDatabase(folder, writes);
      } finally {
        database.exec(`PRAGMA wal_autocheckpoint = ${Number(pages)}`);
      }
    },
  };
}

/** How JSON and keys of objects name the user. */
const namesIn = (userId: string): readonly string[] => [JSON.stringify(userId), ...prefixesOfUser(userId)];
