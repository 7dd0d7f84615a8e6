import type { Erasure } from '../../../domain/user/erasure.ts';
import type { Statements } from '../../postgres/database.ts';
import type { ErasureRepository } from '../erasure-repository.ts';
import { cellsOf, deletionOf, ERASURE_COLUMNS, erasureOf, PAGE_ERASURES } from '../erasure-row.ts';
import { deletionJson } from '../stored-deletion.ts';

const SELECT = `SELECT ${ERASURE_COLUMNS} FROM erasures`;

/** One statement, because an erasure without its block would let the user in. Parameters: those of `cellsOf`. */
const ADD = `WITH block AS (
    INSERT INTO erasure_blocks (user_hash, blocked_until) VALUES ($2, $4)
    ON CONFLICT (user_hash) DO UPDATE SET blocked_until = greatest(excluded.blocked_until, erasure_blocks.blocked_until)
  )
  INSERT INTO erasures (${ERASURE_COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`;

/** Adds an erasure, and blocks its user; false if one with that id exists. */
export const addErasure = async (statements: Statements, erasure: Erasure): Promise<boolean> =>
  (await statements.change(ADD, cellsOf(erasure))) === 1;

/** Stores the key of the users' hashes; false if there is one. */
export const addErasureKey = async (statements: Statements, key: string): Promise<boolean> =>
  (await statements.change('INSERT INTO erasure_key (n, key) VALUES (1, $1) ON CONFLICT (n) DO NOTHING', [key])) === 1;

/** Erasures in the database of the images. Other processes write them too: nothing is cached. */
export function createPostgresErasureRepository(postgres: Statements): ErasureRepository {
  const keyNow = async (): Promise<string | undefined> => {
    const [row] = await postgres.rows('SELECT key FROM erasure_key');
    return row && String(row[0]);
  };

  return {
    key: keyNow,

    async addKey(key) {
      if (await addErasureKey(postgres, key)) return key;
      return (await keyNow()) ?? key; // the insertion has waited for the other one's commit, and this sees it
    },

    add: (erasure) => addErasure(postgres, erasure),

    async of(userHash) {
      const rows = await postgres.rows(`${SELECT} WHERE user_hash = $1 ORDER BY id`, [userHash]);
      return rows.map(erasureOf);
    },

    async *all() {
      for (let after = ''; ; ) {
        const rows = await postgres.rows(`${SELECT} WHERE id > $1 ORDER BY id LIMIT ${PAGE_ERASURES}`, [after]);
        const page = rows.map(erasureOf);
        yield* page;
        const last = page.at(-1);
        if (!last) return;
        after = last.id;
      }
    },

    async blocks(now) {
      const rows = await postgres.rows(
        'SELECT user_hash, blocked_until, (SELECT key FROM erasure_key) FROM erasure_blocks WHERE blocked_until > $1',
        [now.getTime()],
      );
      const key = rows[0]?.[2];
      if (typeof key !== 'string') return undefined;
      return { key, until: new Map(rows.map(([hash, until]) => [String(hash), new Date(Number(until))])) };
    },

    async deletion(userHash) {
      const [row] = await postgres.rows('SELECT user_hash, deletion FROM deletions WHERE user_hash = $1', [userHash]);
      return row && deletionOf(row);
    },

    async putDeletion(deletion) {
      await postgres.change(
        `INSERT INTO deletions (user_hash, is_open, deletion) VALUES ($1, $2, $3)
         ON CONFLICT (user_hash) DO UPDATE SET is_open = excluded.is_open, deletion = excluded.deletion`,
        [deletion.userHash, deletion.endedAt === null, deletionJson(deletion)],
      );
    },

    async openDeletions() {
      const rows = await postgres.rows('SELECT user_hash, deletion FROM deletions WHERE is_open ORDER BY user_hash');
      return rows.map(deletionOf);
    },
  };
}
