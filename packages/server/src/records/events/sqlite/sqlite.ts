import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../domain/errors.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import type { EventLog } from '../event-log.ts';
import { EVENT_COLUMNS, eventOfRow, imageIdOf } from '../event-row.ts';
import { youngTimes } from '../old-entries.ts';

/** A look takes some microseconds. */
const LOOK_MS = 100;
/** Rows that one transaction removes: a few milliseconds, because other writes wait for it. */
const REMOVED_ROWS = 500;
/** Transactions of one round: 50,000 rows. A round a minute keeps up with 800 changes a second. */
const REMOVALS = 100;

export interface SqliteEventLog extends EventLog {
  /** Begins a log with that id, unless one continues. For a starting service that logs each change. */
  begin(id: string): Promise<void>;
  /** False until then: in a restored database, or after a process without EVENTS=on has changed images. */
  isBegun(): boolean;
}

/**
 * The log in the database of `openDatabase`; `writes` is that connection's group commit. `createEventWrites` writes it.
 */
export function createSqliteEventLog(
  database: DatabaseSync,
  writes: GroupCommit,
  { observe = () => undefined }: { readonly observe?: Observer } = {},
): SqliteEventLog {
  const unreadable = createUnreadableRecords(observe);
  const last = "COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)";
  const add = database.prepare(
    `INSERT INTO event_log (n, log, forgotten) VALUES (1, ?, ${last}) ON CONFLICT DO NOTHING`,
  );
  const selectLog = database.prepare(`SELECT log, forgotten, ${last} FROM event_log`);
  const select = database.prepare(selectWhere(''));
  const selectOwned = database.prepare(selectWhere('user_id = ? AND'));
  const eraseSome = database.prepare(
    `DELETE FROM events WHERE sequence IN (SELECT sequence FROM events WHERE user_id = ? LIMIT ${REMOVED_ROWS})`,
  );
  const selectFirst = database.prepare(
    `SELECT sequence, logged_at FROM events ORDER BY sequence LIMIT ${REMOVED_ROWS}`,
  );
  const selectLast = database.prepare('SELECT logged_at FROM events ORDER BY sequence DESC LIMIT 1');
  const removeUpTo = database.prepare('DELETE FROM events WHERE sequence <= ?');
  const raise = database.prepare('UPDATE event_log SET forgotten = max(forgotten, ?)');

  const logNow = () => {
    const row = firstRow(selectLog, []);
    return row && { log: String(row[0]), forgotten: Number(row[1]), head: Number(row[2]) };
  };

  /** Whether there may be more to remove: entries from before that time, and those that no reader finds any more. */
  const removeSome = (before: Date, now: Date): boolean => {
    const forgotten = logNow()?.forgotten ?? Infinity;
    const rows = allRows(selectFirst, []);
    const isYoung = youngTimes({ before, now, newestMs: Number(firstRow(selectLast, [])?.[0] ?? 0) });
    const kept = rows.findIndex(([sequence, at]) => Number(sequence) > forgotten && isYoung(Number(at)));
    const removed = kept === -1 ? rows : rows.slice(0, kept);
    const [upTo] = removed.at(-1) ?? [];
    if (upTo === undefined) return false;
    removeUpTo.run(upTo);
    raise.run(upTo);
    return removed.length === REMOVED_ROWS;
  };

  return {
    shards: 1,
    shardOf: () => 0,
    lookMs: LOOK_MS,

    async begin(id) {
      await writes.write(() => void add.run(id));
    },

    isBegun: () => translated(logNow) !== undefined,

    async head() {
      const now = translated(logNow);
      if (!now) throw new AppError('unavailable', NO_LOG);
      return { log: now.log, sequences: [now.head], incompleteUntil: null, forgotten: [now.forgotten] };
    },

    async read({ after, until, limit, userId }) {
      const rows = translated(() =>
        userId === undefined
          ? allRows(select, [after, until, limit])
          : allRows(selectOwned, [userId, after, until, limit]),
      );
      const events = rows.map((row) => unreadable.leaveOut(imageIdOf(row), () => eventOfRow(row, 0)));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return { events: events.filter((event) => event !== undefined), through: last ? Number(last[0]) : until };
    },

    async eraseUser(userId) {
      for (let erased = 0; ; ) {
        const some = Number(await writes.write(() => eraseSome.run(userId).changes));
        erased += some;
        if (some < REMOVED_ROWS) return erased;
      }
    },

    async forget(before, now) {
      for (let nth = 0; nth < REMOVALS && (await writes.write(() => removeSome(before, now))); nth += 1);
    },

    mover: null,
  };
}

const NO_LOG =
  'expected a log of events; got a database that a process without EVENTS=on has changed meanwhile: restart the service';

/** Events of an earlier log may be left: they are never read. */
const selectWhere = (condition: string): string =>
  `SELECT ${EVENT_COLUMNS} FROM events WHERE ${condition} sequence > ? AND sequence <= ?
   AND sequence > (SELECT forgotten FROM event_log) ORDER BY sequence LIMIT ?`;
