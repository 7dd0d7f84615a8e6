import { type ApiKey, USE_INTERVAL_MS } from '../../../domain/access/api-key.ts';
import type { Postgres } from '../../postgres/database.ts';
import type { KeyRepository } from '../key-repository.ts';
import { cellsOf, changingCellsOf, KEY_COLUMNS, keyIn } from '../key-row.ts';

const SELECT = `SELECT ${KEY_COLUMNS} FROM api_keys`;
const INSERT = `INSERT INTO api_keys (${KEY_COLUMNS}) VALUES (${KEY_COLUMNS.map((_, index) => `$${index + 1}`)})`;

/** Parameters 1 to 4, those of `stillOf`. */
const IS_STILL = `id = $1 AND expires_at IS NOT DISTINCT FROM $2 AND revoked_at IS NOT DISTINCT FROM $3
  AND successor IS NOT DISTINCT FROM $4`;
const LOCK_STILL = `SELECT 1 FROM api_keys WHERE ${IS_STILL} FOR UPDATE`;
const LOCK_UNUSED = `SELECT 1 FROM api_keys WHERE ${IS_STILL} AND last_used_at IS NULL FOR UPDATE`;
const REPLACE = `UPDATE api_keys SET expires_at = $5, revoked_at = $6, successor = $7 WHERE ${IS_STILL}`;

/** Sorts after every id. */
const AFTER_ALL = '~';

/** Keys in the database of the images. Other processes write them too: nothing is cached. */
export function createPostgresKeyRepository(postgres: Postgres): KeyRepository {
  return {
    async create(key) {
      await postgres.change(INSERT, cellsOf(key));
    },

    async get(id) {
      const [row] = await postgres.rows(`${SELECT} WHERE id = $1`, [id]);
      return row && keyIn(row);
    },

    replace: async (from, to) => (await postgres.change(REPLACE, replacementOf(from, to))) === 1,

    /** A key is locked before its successor, which is newer: locks of rotations make no circle. */
    rotate: ({ key, ended, successor, superseded }) =>
      postgres.transaction(async (transaction) => {
        const locked = await Promise.all([
          transaction.rows(LOCK_STILL, stillOf(key)),
          ...(superseded ? [transaction.rows(LOCK_UNUSED, stillOf(superseded.key))] : []),
        ]);
        if (locked.some((rows) => rows.length === 0)) return false;
        transaction.send(REPLACE, replacementOf(key, ended));
        if (superseded) transaction.send(REPLACE, replacementOf(superseded.key, superseded.ended));
        transaction.send(INSERT, cellsOf(successor));
        return true;
      }),

    async recordUse(id, at) {
      const recorded = await postgres.change(
        `UPDATE api_keys SET last_used_at = $2
         WHERE id = $1 AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at <= $3)`,
        [id, at.getTime(), at.getTime() - USE_INTERVAL_MS],
      );
      if (recorded === 1) return true;
      // Revoked, or used lately: neither is ever undone, so a second statement can tell them apart.
      const unrevoked = await postgres.rows('SELECT 1 FROM api_keys WHERE id = $1 AND revoked_at IS NULL', [id]);
      return unrevoked.length > 0;
    },

    async find({ owner, after = AFTER_ALL, limit }) {
      const rows =
        owner === undefined
          ? await postgres.rows(`${SELECT} WHERE id < $1 ORDER BY id DESC LIMIT $2`, [after, limit + 1])
          : await postgres.rows(`${SELECT} WHERE owner = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, [
              ...[owner, after, limit + 1],
            ]);
      const keys = rows.slice(0, limit).map(keyIn);
      return { keys, next: rows.length > limit ? (keys.at(-1)?.id ?? null) : null };
    },
  };
}

const stillOf = (key: ApiKey) => [key.id, ...changingCellsOf(key)];
const replacementOf = (from: ApiKey, to: ApiKey) => [...stillOf(from), ...changingCellsOf(to)];
