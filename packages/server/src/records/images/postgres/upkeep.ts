import { randomUUID } from 'node:crypto';
import { type Image, isPublished } from '../../../domain/image/image.ts';
import type { Parameter, Postgres } from '../../postgres/database.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { ImageRepository } from '../image-repository.ts';
import { COLUMNS, idOf, imageOf } from '../image-row.ts';

/** Rows that one statement removes, whose locks it holds. */
const FORGET_ROWS = 500;

const DUE_SQL = `
  SELECT ${COLUMNS}, due_at FROM images
  WHERE lane = $1 AND due_at <= $2 AND (due_at, id) > ($3, $4) ORDER BY due_at, id LIMIT $5`;

const WALK_SQL = `SELECT ${COLUMNS} FROM images WHERE id > $1 ORDER BY id LIMIT $2`;

/** In the order of the index: the planner would scan the table for any rows that are due. */
const removal = (table: string, key: string, time: string): string => `
  DELETE FROM ${table} WHERE (${key}) IN
    (SELECT ${key} FROM ${table} WHERE ${time} <= $1 ORDER BY ${time} LIMIT ${FORGET_ROWS}) AND ${time} <= $1`;

const REMOVALS = [
  removal('images', 'id', 'forget_at'),
  removal('idempotency_keys', 'user_id, key', 'expires_at'),
  removal('upload_token_uses', 'token_id', 'forget_at'),
  removal('view_revocations', 'ctid', 'forget_at'),
];

export type Upkeep = Pick<ImageRepository, 'shards' | 'due' | 'published' | 'forget' | 'check'>;

export function createUpkeep(postgres: Postgres, unreadable: UnreadableRecords): Upkeep {
  return {
    shards: 1,

    async due(now, limit, { lane }) {
      const images: Image[] = [];
      let behind: readonly Parameter[] = [Number.MIN_SAFE_INTEGER, ''];
      for (;;) {
        const rows = await postgres.rows(DUE_SQL, [lane, now.getTime(), ...behind, limit]);
        images.push(...rows.flatMap((row) => unreadable.leaveOut(idOf(row), () => imageOf(row)) ?? []));
        const last = rows.at(-1);
        if (!last || rows.length < limit || images.length >= limit) return images.slice(0, limit);
        behind = [Number(last.at(-1)), idOf(last)];
      }
    },

    async published(limit, after = '') {
      const rows = await postgres.rows(WALK_SQL, [after, limit]);
      const images = rows.flatMap((row) => unreadable.leaveOut(idOf(row), () => imageOf(row)) ?? []);
      const last = rows.at(-1);
      return { images: images.filter(isPublished), left: [], next: last && rows.length === limit ? idOf(last) : null };
    },

    async forget(now) {
      for (const sql of REMOVALS) while ((await postgres.change(sql, [now.getTime()])) === FORGET_ROWS);
    },

    async check() {
      const id = randomUUID();
      await postgres.transaction(async (transaction) => {
        transaction.send('INSERT INTO write_checks (id) VALUES ($1)', [id]);
        transaction.send('DELETE FROM write_checks WHERE id = $1', [id]);
      });
    },
  };
}
