import type { Client, QueryConfig } from 'pg';
import type { KeyId } from '../../../domain/access/api-key-text.ts';
import { withoutUser } from '../../../domain/user/keys-of-user.ts';
import { KEY_COLUMNS, keyIn } from '../../keys/key-row.ts';
import { toStored } from '../../keys/stored-key.ts';
import type { Postgres } from '../../postgres/database.ts';
import { codeOf, postgresFault } from '../../postgres/postgres-error.ts';
import { POSTGRES_TABLES } from '../stored-kinds.ts';
import type { UserRecords } from '../user-records.ts';

/** Rows that one statement removes: some milliseconds, in which it holds their locks. */
const BATCH = 500;

const REMOVE_TOKENS = 'DELETE FROM upload_token_uses WHERE token_id = ANY ($1)';
const REMOVE_IMAGES = "DELETE FROM images WHERE id = ANY ($1) AND user_id = $2 AND status = 'deleted'";

/** One statement: without its album nobody finds a row or a count of it again. */
const REMOVE_ALBUMS = `WITH gone AS (DELETE FROM albums WHERE user_id = $1 RETURNING id),
    listed AS (DELETE FROM album_rows WHERE album_id IN (SELECT id FROM gone))
  DELETE FROM album_counts WHERE album_id IN (SELECT id FROM gone)`;

const COUNTS_AND_SETTINGS = ['image_counts', 'captured_months', 'usage', 'quotas', 'view_revocations'] as const;

const LOCK_KEY = `SELECT ${KEY_COLUMNS} FROM api_keys WHERE id = $1 FOR UPDATE`;

/** The records of a user in one database, for any number of processes beside. */
export function createPostgresUserRecords(postgres: Postgres): UserRecords {
  const removeBatches = async (sql: string, ids: readonly string[], userId?: string): Promise<number> => {
    let removed = 0;
    for (let start = 0; start < ids.length; start += BATCH) {
      const batch = ids.slice(start, start + BATCH);
      removed += await postgres.change(sql, userId === undefined ? [batch] : [batch, userId]);
    }
    return removed;
  };

  /**
   * Takes the user out of the key as it is now: the deletion of another user may have changed it since it was found.
   */
  const takeOut = (id: KeyId, userId: string): Promise<'keys' | 'keysChanged' | undefined> =>
    postgres.transaction(async (transaction) => {
      const [row] = await transaction.rows(LOCK_KEY, [id]);
      if (!row) return undefined;
      const key = keyIn(row);
      const left = withoutUser(key, userId);
      if (left === key) return undefined;
      if (left) transaction.send('UPDATE api_keys SET acts_as = $2 WHERE id = $1', [id, toStored(left).actsAs]);
      else transaction.send('DELETE FROM api_keys WHERE id = $1', [id]);
      return left ? 'keysChanged' : 'keys';
    });

  return {
    async countKeyUses(userId) {
      const [row] = await postgres.rows('SELECT count(*) FROM idempotency_keys WHERE user_id = $1', [userId]);
      return Number(row?.[0]);
    },

    async remove({ userId, imageIds, tokenIds, keys }) {
      const removed = { keys: 0, keysChanged: 0, tokenCounts: 0, keyUses: 0 };
      // Before the images, which alone name the tokens: after a crash the next call finds them again.
      removed.tokenCounts = await removeBatches(REMOVE_TOKENS, tokenIds);
      await removeBatches(REMOVE_IMAGES, imageIds, userId);
      for (const { id } of keys) {
        const outcome = await takeOut(id, userId);
        if (outcome) removed[outcome] += 1;
      }
      await postgres.change(REMOVE_ALBUMS, [userId]);
      for (const table of COUNTS_AND_SETTINGS)
        await postgres.change(`DELETE FROM ${table} WHERE user_id = $1`, [userId]);
      removed.keyUses = await postgres.change('DELETE FROM idempotency_keys WHERE user_id = $1', [userId]);
      return removed;
    },

    scrub: () => vacuum(postgres),
  };
}

/** As patient and as gentle as autovacuum is. */
const SET_SESSION = "SET statement_timeout = 0; SET lock_timeout = 0; SET vacuum_cost_delay = '2ms'";

/** The longest VACUUM of one table: above a terabyte at that pace. */
const VACUUM_MS = 3_600_000;

/** QUERY CANCELED and LOCK NOT AVAILABLE: behind a pooler, a table that took longer than statements may. */
const GAVE_UP: readonly (string | undefined)[] = ['57014', '55P03'];

/**
 * Vacuums all tables. Until then removed rows are in the pages of tables and indexes, and in the samples that the
 * planner has of them. Not promised: the tables that the role may not vacuum, and rows that somebody may still read (an
 * archive, a standby, any long transaction), are left to autovacuum. After a VACUUM, too, the bytes of a removed row
 * stay on the disk until other rows are written to their place, and as long as they are kept in the WAL, its archive,
 * standbys, and backups of the server. VACUUM FULL would keep everybody out while it writes whole tables anew.
 */
async function vacuum(postgres: Postgres): Promise<void> {
  const client = await postgres.connect();
  try {
    if (await isOwnSession(client)) await client.query(SET_SESSION);
    for (const table of Object.keys(POSTGRES_TABLES))
      try {
        await client.query(statementOf(table));
      } catch (error) {
        if (!GAVE_UP.includes(codeOf(error))) throw error;
      }
  } catch (error) {
    throw postgresFault(error);
  } finally {
    await client.end();
  }
}

/** A pooler, which gives its sessions to others too, names another process than that of the session. */
async function isOwnSession(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ readonly pid: number }>('SELECT pg_backend_pid() AS pid');
  return 'processID' in client && client.processID === rows[0]?.pid; // the driver's types lack it
}

/** INDEX_CLEANUP: otherwise the entries of few rows stay in the indexes. */
const statementOf = (table: string): QueryConfig & { readonly query_timeout: number } => ({
  text: `VACUUM (ANALYZE, INDEX_CLEANUP ON) ${table}`,
  query_timeout: VACUUM_MS,
});
