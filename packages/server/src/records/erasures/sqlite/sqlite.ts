import type { DatabaseSync } from 'node:sqlite';
import type { Erasure } from '../../../domain/user/erasure.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { ErasureRepository } from '../erasure-repository.ts';
import { cellsOf, deletionOf, ERASURE_COLUMNS, erasureOf, PAGE_ERASURES } from '../erasure-row.ts';
import { deletionJson } from '../stored-deletion.ts';

/** Writes within the running transaction; false if there is one already. */
export function createErasureWrites(database: DatabaseSync) {
  const insertKey = database.prepare('INSERT INTO erasure_key (n, key) VALUES (1, ?) ON CONFLICT (n) DO NOTHING');
  const insert = database.prepare(
    `INSERT INTO erasures (${ERASURE_COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  return {
    addKey: (key: string): boolean => insertKey.run(key).changes === 1,
    add: (erasure: Erasure): boolean => insert.run(...cellsOf(erasure)).changes === 1,
  };
}

/** Erasures in the database of `openDatabase`. Another process may write them too: nothing is cached. */
export function createSqliteErasureRepository(database: DatabaseSync, writes: GroupCommit): ErasureRepository {
  const selectKey = database.prepare('SELECT key FROM erasure_key');
  const { add, addKey } = createErasureWrites(database);
  const ofUser = database.prepare(`SELECT ${ERASURE_COLUMNS} FROM erasures WHERE user_hash = ? ORDER BY id`);
  const pageOfAll = database.prepare(
    `SELECT ${ERASURE_COLUMNS} FROM erasures WHERE id > ? ORDER BY id LIMIT ${PAGE_ERASURES}`,
  );
  const blocked = database.prepare(
    'SELECT user_hash, MAX(blocked_until) FROM erasures WHERE blocked_until > ? GROUP BY user_hash',
  );
  const selectDeletion = database.prepare('SELECT user_hash, deletion FROM deletions WHERE user_hash = ?');
  const selectOpen = database.prepare('SELECT user_hash, deletion FROM deletions WHERE is_open = 1 ORDER BY user_hash');
  const replaceDeletion = database.prepare('REPLACE INTO deletions (user_hash, is_open, deletion) VALUES (?, ?, ?)');

  const keyNow = (): string | undefined => {
    const row = firstRow(selectKey, []);
    return row && String(row[0]);
  };

  return {
    key: async () => translated(keyNow),

    addKey: (key) =>
      writes.write(() => {
        addKey(key);
        return keyNow() ?? key;
      }),

    add: (erasure) => writes.write(() => add(erasure)),

    of: async (userHash) => translated(() => allRows(ofUser, [userHash]).map(erasureOf)),

    async *all() {
      for (let after = ''; ; ) {
        const from = after;
        const page = translated(() => allRows(pageOfAll, [from]).map(erasureOf));
        yield* page;
        const last = page.at(-1);
        if (!last) return;
        after = last.id;
      }
    },

    async blocks(now) {
      return translated(() => {
        const rows = allRows(blocked, [now.getTime()]);
        const key = rows.length > 0 ? keyNow() : undefined;
        if (key === undefined) return undefined;
        return { key, until: new Map(rows.map(([hash, until]) => [String(hash), new Date(Number(until))])) };
      });
    },

    async deletion(userHash) {
      const row = translated(() => firstRow(selectDeletion, [userHash]));
      return row && deletionOf(row);
    },

    async putDeletion(deletion) {
      const isOpen = deletion.endedAt === null ? 1 : 0;
      await writes.write(() => void replaceDeletion.run(deletion.userHash, isOpen, deletionJson(deletion)));
    },

    openDeletions: async () => translated(() => allRows(selectOpen, []).map(deletionOf)),
  };
}
