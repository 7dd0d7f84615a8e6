import { AppError } from '../../../domain/errors.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import type { Postgres } from '../../postgres/database.ts';
import { shardOf } from '../../shard-of.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import type { EventLog } from '../event-log.ts';
import { EVENT_COLUMNS, eventOfRow, imageIdOf } from '../event-row.ts';
import { youngTimes } from '../old-entries.ts';
import { SHARDS } from './event-writes.ts';

/** A look is one statement, which reads 17 rows. */
const LOOK_MS = 200;
/** Rows that one transaction removes: some milliseconds, for which it holds their shard at its end only. */
const REMOVED_ROWS = 500;
/** Transactions of one round, for each shard: 800,000 rows. A round a minute keeps up with 13,000 changes a second. */
const REMOVALS = 100;

/**
 * The log in the database of `openPostgres`, which `createEventWrites` writes and `beginLog` has begun. The reads of a
 * shard follow the head: what it counts is committed.
 */
export function createPostgresEventLog(
  postgres: Postgres,
  { observe = () => undefined }: { readonly observe?: Observer } = {},
): EventLog {
  const unreadable = createUnreadableRecords(observe);

  /** Whether there may be more to remove in the shard. */
  async function removeSome(shard: number, before: Date, now: Date): Promise<boolean> {
    const [first, [newest]] = await Promise.all([postgres.rows(FIRST, [shard]), postgres.rows(NEWEST, [shard])]);
    const isYoung = youngTimes({ before, now, newestMs: Number(newest?.[0] ?? 0) });
    const kept = first.findIndex(([, at]) => isYoung(Number(at)));
    const removed = kept === -1 ? first : first.slice(0, kept);
    const [from, upTo] = [removed[0]?.[0], removed.at(-1)?.[0]];
    if (from === undefined || upTo === undefined) return false;
    await postgres.transaction(async (transaction) => {
      transaction.send(REMOVE, [shard, Number(from), Number(upTo)]);
      transaction.send(FORGET, [shard, Number(upTo)]);
    });
    return removed.length === REMOVED_ROWS;
  }

  return {
    shards: SHARDS,
    shardOf: (imageId) => shardOf(imageId, SHARDS),
    lookMs: LOOK_MS,

    async head() {
      const rows = await postgres.rows(HEAD);
      const [log, incompleteUntil] = rows[0] ?? [];
      if (typeof log !== 'string') throw new AppError('unavailable', NO_LOG);
      return {
        log,
        incompleteUntil: incompleteUntil === 0 ? null : new Date(Number(incompleteUntil)),
        sequences: rows.map(([, , last]) => Number(last)),
        forgotten: rows.map(([, , , forgotten]) => Number(forgotten)),
      };
    },

    async read({ shard, after, until, limit, userId }) {
      if (until <= after) return { events: [], through: until };
      const rows =
        userId === undefined
          ? await postgres.rows(READ, [shard, after, until, limit])
          : await postgres.rows(READ_OWNED, [shard, after, until, limit, userId]);
      const events = rows.map((row) => unreadable.leaveOut(imageIdOf(row), () => eventOfRow(row, shard)));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return { events: events.filter((event) => event !== undefined), through: last ? Number(last[0]) : until };
    },

    async eraseUser(userId) {
      for (let erased = 0; ; ) {
        const some = await postgres.change(ERASE_SOME, [userId]);
        if (some === 0) return erased;
        erased += some; // fewer than a batch if `forget` removes some of its rows meanwhile
      }
    },

    async forget(before, now) {
      for (let shard = 0; shard < SHARDS; shard += 1)
        for (let nth = 0; nth < REMOVALS && (await removeSome(shard, before, now)); nth += 1);
    },

    mover: null,
  };
}

const NO_LOG = 'expected a log of events; got a database that has none: restart the service with EVENTS=on';

const HEAD = 'SELECT log, incomplete_until, last, forgotten FROM event_log CROSS JOIN event_shards ORDER BY shard';

const READ = `
  SELECT ${EVENT_COLUMNS} FROM events WHERE shard = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4`;

/** Comparing all three columns at once leaves the planner only the index that has them: it reads no other rows. */
const READ_OWNED = `
  SELECT ${EVENT_COLUMNS} FROM events
  WHERE (user_id, shard, sequence) > ($5, $1, $2) AND (user_id, shard, sequence) <= ($5, $1, $3)
  ORDER BY user_id, shard, sequence LIMIT $4`;

/** With `user_id = $1` the planner may walk the other index in this order, past the rows of all others. */
const ERASE_SOME = `
  DELETE FROM events WHERE (shard, sequence) IN
  (SELECT shard, sequence FROM events WHERE user_id BETWEEN $1 AND $1
   ORDER BY user_id, shard, sequence LIMIT ${REMOVED_ROWS})`;

/** From where the removal ended last: before it the index still has removed rows, until a VACUUM. */
const FIRST = `
  SELECT sequence, logged_at FROM events
  WHERE shard = $1 AND sequence > (SELECT forgotten FROM event_shards WHERE shard = $1)
  ORDER BY sequence LIMIT ${REMOVED_ROWS}`;

const NEWEST = 'SELECT logged_at FROM events WHERE shard = $1 ORDER BY sequence DESC LIMIT 1';

const REMOVE = 'DELETE FROM events WHERE shard = $1 AND sequence BETWEEN $2 AND $3';

/** After the removal, because writers wait for this row. */
const FORGET = 'UPDATE event_shards SET forgotten = greatest(forgotten, $2) WHERE shard = $1';
