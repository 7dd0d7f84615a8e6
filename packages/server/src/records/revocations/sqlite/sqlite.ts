import type { DatabaseSync } from 'node:sqlite';
import type { Revocation } from '../../../domain/access/revocation.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { RevocationRepository } from '../revocation-repository.ts';
import { cellsOf, REVOCATION_COLUMNS, revocationIn } from '../revocation-row.ts';

const INSERT = `INSERT INTO view_revocations (${REVOCATION_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (user_id, token_id)`;

/** Restores a revocation within the running transaction; false if one of the same tokens exists that isn't earlier. */
export function createRevocationRestore(database: DatabaseSync): (revocation: Revocation) => boolean {
  const restore = database.prepare(
    `${INSERT} DO UPDATE SET not_before = excluded.not_before, forget_at = excluded.forget_at
     WHERE excluded.not_before > view_revocations.not_before`,
  );
  return (revocation) => restore.run(...cellsOf(revocation)).changes === 1;
}

/** Revocations in the database of `openDatabase`. Another process may write them too: nothing is cached. */
export function createSqliteRevocationRepository(database: DatabaseSync, writes: GroupCommit): RevocationRepository {
  const add = database.prepare(
    `${INSERT} DO UPDATE SET not_before = max(excluded.not_before, view_revocations.not_before + 1),
       forget_at = max(excluded.forget_at, view_revocations.forget_at)
     RETURNING not_before, forget_at`,
  );
  const select = `SELECT ${REVOCATION_COLUMNS} FROM view_revocations`;
  const ofToken = database.prepare(`${select} WHERE (user_id, token_id) IN (VALUES (?1, ''), (?1, ?2), ('', ?2))`);
  const ofUser = database.prepare(`${select} WHERE user_id = ? AND token_id = ''`);
  return {
    add: (revocation) =>
      writes.write(() => {
        const [notBefore, forgetAt] = firstRow(add, cellsOf(revocation)) ?? [];
        return { ...revocation, notBefore: new Date(Number(notBefore)), forgetAt: new Date(Number(forgetAt)) };
      }),

    of: async ({ id, userId }) => translated(() => allRows(ofToken, [userId, id]).map(revocationIn)),

    async ofUser(userId) {
      const row = translated(() => firstRow(ofUser, [userId]));
      return row && revocationIn(row);
    },
  };
}
