import type { Revocation } from '../../../domain/access/revocation.ts';
import type { Statements } from '../../postgres/database.ts';
import type { RevocationRepository } from '../revocation-repository.ts';
import { cellsOf, REVOCATION_COLUMNS, revocationIn } from '../revocation-row.ts';

const SELECT = `SELECT ${REVOCATION_COLUMNS} FROM view_revocations`;

/** An upsert sees the newest version of the row, whichever snapshot its statement has. */
const ADD = `INSERT INTO view_revocations (${REVOCATION_COLUMNS}) VALUES ($1, $2, $3, $4)
  ON CONFLICT (user_id, token_id) DO UPDATE SET
    not_before = greatest(excluded.not_before, view_revocations.not_before + 1),
    forget_at = greatest(excluded.forget_at, view_revocations.forget_at)
  RETURNING not_before, forget_at`;

const RESTORE = `INSERT INTO view_revocations (${REVOCATION_COLUMNS}) VALUES ($1, $2, $3, $4)
  ON CONFLICT (user_id, token_id) DO UPDATE SET not_before = excluded.not_before, forget_at = excluded.forget_at
  WHERE excluded.not_before > view_revocations.not_before`;

/** Restores a revocation; false if one of the same tokens exists that isn't earlier. */
export const restoreRevocation = async (statements: Statements, revocation: Revocation): Promise<boolean> =>
  (await statements.change(RESTORE, cellsOf(revocation))) === 1;

/** Four look-ups in the primary key, of which ('', '') never is a row. */
const OF_TOKEN = `${SELECT} WHERE user_id IN ($1, '') AND token_id IN ($2, '')`;

/** Revocations in the database of the images. Other processes write them too: nothing is cached. */
export function createPostgresRevocationRepository(postgres: Statements): RevocationRepository {
  return {
    async add(revocation) {
      const [row] = await postgres.rows(ADD, cellsOf(revocation));
      const [notBefore, forgetAt] = row ?? [];
      return { ...revocation, notBefore: new Date(Number(notBefore)), forgetAt: new Date(Number(forgetAt)) };
    },

    of: async ({ id, userId }) => (await postgres.rows(OF_TOKEN, [userId, id])).map(revocationIn),

    async ofUser(userId) {
      const [row] = await postgres.rows(`${SELECT} WHERE user_id = $1 AND token_id = ''`, [userId]);
      return row && revocationIn(row);
    },
  };
}
