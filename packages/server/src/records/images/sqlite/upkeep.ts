import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Image, isPublished } from '../../../domain/image/image.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { ImageRepository } from '../image-repository.ts';
import { COLUMNS, idOf, imageOf } from '../image-row.ts';

/** Rows that one transaction removes: a few milliseconds, because other writes wait for it. */
const FORGET_ROWS = 500;

/** Sorts before every due time. */
const BEFORE_ALL: readonly [dueAt: number, n: number] = [Number.NEGATIVE_INFINITY, 0];

/** The operations of the sweeper and of a starting service. */
export interface SqliteUpkeep extends Pick<ImageRepository, 'shards' | 'due' | 'published' | 'forget' | 'check'> {
  /** Ends every claim of images and Idempotency-Keys, for a starting service that is the only one. */
  endClaims(): Promise<void>;
}

export function createUpkeep(database: DatabaseSync, writes: GroupCommit, unreadable: UnreadableRecords): SqliteUpkeep {
  const due = database.prepare(
    `SELECT ${COLUMNS}, due_at, n FROM images
     WHERE lane = ? AND (due_at, n) > (?, ?) AND due_at <= ? ORDER BY due_at, n LIMIT ?`,
  );
  const walk = database.prepare(`SELECT ${COLUMNS}, n FROM images WHERE n > ? ORDER BY n LIMIT ?`);
  const removals = [
    database.prepare(`DELETE FROM images WHERE n IN (SELECT n FROM images WHERE forget_at <= ? LIMIT ${FORGET_ROWS})`),
    database.prepare(
      `DELETE FROM idempotency_keys WHERE (user_id, key) IN
       (SELECT user_id, key FROM idempotency_keys WHERE expires_at <= ? LIMIT ${FORGET_ROWS})`,
    ),
    database.prepare(
      `DELETE FROM upload_token_uses WHERE token_id IN
       (SELECT token_id FROM upload_token_uses WHERE forget_at <= ? LIMIT ${FORGET_ROWS})`,
    ),
    database.prepare(
      `DELETE FROM view_revocations WHERE n IN (SELECT n FROM view_revocations WHERE forget_at <= ? LIMIT ${FORGET_ROWS})`,
    ),
  ];
  const endings = [
    database.prepare('UPDATE images SET lease_until = 0, due_at = 0 WHERE attempt IS NOT NULL'),
    database.prepare('UPDATE idempotency_keys SET lease_until = 0 WHERE lease_until IS NOT NULL'),
  ];
  const touch = database.prepare("REPLACE INTO leases (name, holder, until) VALUES ('check', '', 0)");

  return {
    shards: 1,

    async due(now, limit, { lane }) {
      const images: Image[] = [];
      let behind = BEFORE_ALL;
      for (;;) {
        const rows = translated(() => allRows(due, [lane, ...behind, now.getTime(), limit]));
        images.push(...rows.flatMap((row) => unreadable.leaveOut(idOf(row), () => imageOf(row)) ?? []));
        const last = rows.at(-1);
        if (!last || rows.length < limit || images.length >= limit) return images.slice(0, limit);
        behind = [Number(last.at(-2)), Number(last.at(-1))];
        await nextTurn(); // many unreadable records must not block requests
      }
    },

    async published(limit, after = '0') {
      const rows = translated(() => allRows(walk, [Number(after), limit]));
      const images = rows.flatMap((row) => unreadable.leaveOut(idOf(row), () => imageOf(row)) ?? []);
      const last = rows.at(-1);
      const next = last && rows.length === limit ? String(last.at(-1)) : null;
      return { images: images.filter(isPublished), left: [], next };
    },

    async forget(now) {
      for (const statement of removals) {
        while ((await writes.write(() => statement.run(now.getTime()).changes)) === FORGET_ROWS);
      }
    },

    async endClaims() {
      await writes.write(() => {
        for (const statement of endings) statement.run();
      });
    },

    async check() {
      await writes.write(() => void touch.run());
    },
  };
}
