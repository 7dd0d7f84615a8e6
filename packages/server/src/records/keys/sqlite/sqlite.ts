import type { DatabaseSync } from 'node:sqlite';
import { type ApiKey, USE_INTERVAL_MS } from '../../../domain/access/api-key.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { KeyRepository } from '../key-repository.ts';
import { cellsOf, changingCellsOf, KEY_COLUMNS, keyIn } from '../key-row.ts';

const SELECT = `SELECT ${KEY_COLUMNS} FROM api_keys`;

/** Sorts after every id. */
const AFTER_ALL = '~';

/** Keys in SQLite. Another process may write them too: nothing is cached. */
export function createSqliteKeyRepository(database: DatabaseSync, writes: GroupCommit): KeyRepository {
  const insert = database.prepare(`INSERT INTO api_keys (${KEY_COLUMNS}) VALUES (${KEY_COLUMNS.map(() => '?')})`);
  const select = database.prepare(`${SELECT} WHERE id = ?`);
  const selectAll = database.prepare(`${SELECT} WHERE id < ? ORDER BY id DESC LIMIT ?`);
  const selectOwned = database.prepare(`${SELECT} WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?`);
  const isStill = 'id = ? AND expires_at IS ? AND revoked_at IS ? AND successor IS ?';
  const selectStill = database.prepare(`SELECT 1 FROM api_keys WHERE ${isStill}`);
  const selectUnused = database.prepare(`SELECT 1 FROM api_keys WHERE ${isStill} AND last_used_at IS NULL`);
  const update = database.prepare(`UPDATE api_keys SET expires_at = ?, revoked_at = ?, successor = ? WHERE ${isStill}`);
  const selectUnrevoked = database.prepare('SELECT 1 FROM api_keys WHERE id = ? AND revoked_at IS NULL');
  const use = database.prepare(
    'UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)',
  );
  const add = (key: ApiKey): void => {
    insert.run(...cellsOf(key));
  };

  return {
    create: (key) => writes.write(() => add(key)),

    async get(id) {
      const row = translated(() => firstRow(select, [id]));
      return row && keyIn(row);
    },

    replace: (from, to) =>
      writes.write(() => update.run(...changingCellsOf(to), from.id, ...changingCellsOf(from)).changes === 1),

    rotate: ({ key, ended, successor, superseded }) =>
      writes.write(() => {
        if (!firstRow(selectStill, [key.id, ...changingCellsOf(key)])) return false;
        if (superseded) {
          const { key: unused, ended: revoked } = superseded;
          if (!firstRow(selectUnused, [unused.id, ...changingCellsOf(unused)])) return false;
          update.run(...changingCellsOf(revoked), unused.id, ...changingCellsOf(unused));
        }
        update.run(...changingCellsOf(ended), key.id, ...changingCellsOf(key));
        add(successor);
        return true;
      }),

    recordUse: (id, at) =>
      writes.write(() => {
        if (!firstRow(selectUnrevoked, [id])) return false;
        use.run(at.getTime(), id, at.getTime() - USE_INTERVAL_MS);
        return true;
      }),

    async find({ owner, after = AFTER_ALL, limit }) {
      const rows = translated(() =>
        owner === undefined ? allRows(selectAll, [after, limit + 1]) : allRows(selectOwned, [owner, after, limit + 1]),
      );
      const keys = rows.slice(0, limit).map(keyIn);
      return { keys, next: rows.length > limit ? (keys.at(-1)?.id ?? null) : null };
    },
  };
}
