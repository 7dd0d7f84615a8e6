import type { DatabaseSync } from 'node:sqlite';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { OperatorRequest, OperatorRequests } from '../requests.ts';

/**
 * Requests in the database that the service and its operator's command both open. One that was running when this was
 * created belonged to a process that has ended, since one service at a time uses the file: it is done again.
 */
export function createSqliteRequests(database: DatabaseSync, writes: GroupCommit): OperatorRequests {
  const insert = database.prepare(
    "INSERT INTO requests (id, kind, body, state, asked_at, changed_at) VALUES (?, ?, ?, 'waiting', ?, ?)",
  );
  const select = database.prepare('SELECT state, progress, answer FROM requests WHERE id = ?');
  const remove = database.prepare('DELETE FROM requests WHERE id = ?');
  const openOf = (kinds: string) =>
    database.prepare(
      `SELECT id, kind, body, attempts FROM requests WHERE state IN ('waiting', 'running') AND ${kinds} ORDER BY id LIMIT 1`,
    );
  const open = { imports: openOf("kind = 'import-images'"), others: openOf("kind <> 'import-images'") };
  const run = database.prepare(
    "UPDATE requests SET state = 'running', attempts = attempts + 1, changed_at = ? WHERE id = ?",
  );
  const release = database.prepare(
    "UPDATE requests SET state = 'waiting', attempts = attempts - 1, changed_at = ? WHERE id = ? AND state = 'running'",
  );
  const tell = database.prepare("UPDATE requests SET progress = ?, changed_at = ? WHERE id = ? AND state = 'running'");
  const end = database.prepare("UPDATE requests SET state = ?, answer = ?, body = '', changed_at = ? WHERE id = ?");
  const forget = database.prepare("DELETE FROM requests WHERE state IN ('done', 'failed') AND changed_at < ?");

  return {
    leave: ({ id, kind, body }, now) =>
      writes.write(() => void insert.run(id, kind, body, now.getTime(), now.getTime())),

    async read(id) {
      const row = translated(() => firstRow(select, [id]));
      if (!row) return undefined;
      const [state, progress, answer] = row;
      return { state: stateOf(state), progress: textOf(progress), answer: textOf(answer) };
    },

    remove: (id) => writes.write(() => void remove.run(id)),

    async next(now, lane) {
      const row = translated(() => firstRow(open[lane], []));
      if (!row) return undefined;
      const [id, kind, body] = row.map(String);
      if (id === undefined || kind === undefined || body === undefined) return undefined;
      await writes.write(() => void run.run(now.getTime(), id));
      return { id, kind, body, crashes: Number(row[3]) };
    },

    release: (id, now) => writes.write(() => void release.run(now.getTime(), id)),

    tell: (id, progress, now) => writes.write(() => void tell.run(progress, now.getTime(), id)),

    end: (id, { state, answer }, now) => writes.write(() => void end.run(state, answer, now.getTime(), id)),

    forget: (before) => writes.write(() => void forget.run(before.getTime())),
  };
}

const STATES = ['waiting', 'running', 'done', 'failed'] as const satisfies readonly OperatorRequest['state'][];

function stateOf(cell: unknown): OperatorRequest['state'] {
  const state = STATES.find((one) => one === cell);
  if (state === undefined) throw new TypeError('expected the state of a request; got something else');
  return state;
}

const textOf = (cell: unknown): string | null => (typeof cell === 'string' ? cell : null);
