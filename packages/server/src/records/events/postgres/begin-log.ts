import { randomBytes } from 'node:crypto';
import type { Postgres, Statements } from '../../postgres/database.ts';
import { SHARDS } from './event-writes.ts';

/** How long writers, which wait for the beginning, may wait for a process that doesn't end its transaction. */
const LOCK_MS = 10_000;

/** False in a new or restored database, until a process that logs has started. */
export async function isLogBegun(statements: Statements): Promise<boolean> {
  return (await statements.rows('SELECT n FROM event_log')).length > 0;
}

/**
 * Begins a log with a random id, unless there is one. For a starting service that logs each change; any number of
 * processes may do so at once. Errors: those of `ImageRepository`; `unavailable` also if another process holds a
 * transaction open.
 */
export async function beginLog(postgres: Postgres): Promise<void> {
  if (await isLogBegun(postgres)) return;
  await postgres.transaction(async (transaction) => {
    transaction.send(`SET LOCAL lock_timeout = ${LOCK_MS}`);
    // A change that met no log, to add to or to mark, has locked one of the tables: it ends before the log begins.
    transaction.send('LOCK TABLE event_log, event_shards IN SHARE ROW EXCLUSIVE MODE');
    transaction.send(ADD_LOG, [randomBytes(8).toString('hex')]);
    transaction.send(ADD_SHARDS, [SHARDS - 1]);
  });
}

const ADD_LOG = 'INSERT INTO event_log (n, log, incomplete_until) VALUES (1, $1, 0) ON CONFLICT DO NOTHING';

/** Their numbers continue behind a log that an operator has deleted. */
const ADD_SHARDS = `
  INSERT INTO event_shards (shard, last, forgotten) SELECT shard, 0, 0 FROM generate_series(0, $1::integer) AS shard
  ON CONFLICT DO NOTHING`;
