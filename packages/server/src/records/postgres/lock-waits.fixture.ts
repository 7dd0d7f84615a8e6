import { setTimeout as delay } from 'node:timers/promises';
import type { Postgres, Statements, Transaction } from './database.ts';

/**
 * Runs `late` while a transaction that has done `early` holds its locks, and commits that when `late` waits for one of
 * them.
 */
export async function whileLocked<T>(
  postgres: Postgres,
  early: (transaction: Transaction) => Promise<unknown>,
  late: () => Promise<T>,
): Promise<T> {
  let result: Promise<T> | undefined;
  await postgres.transaction(async (transaction) => {
    await early(transaction);
    result = late();
    result.catch(() => undefined); // its caller hears of it
    await lockWait(postgres);
  });
  if (result === undefined) throw new Error('expected a transaction that has run; got none');
  return result;
}

const INTERVAL_MS = 5;
const DEADLINE_MS = 20_000;

/** Resolves once a statement of the database waits for a lock. */
export async function lockWait(statements: Statements): Promise<void> {
  for (const start = performance.now(); performance.now() - start < DEADLINE_MS; await delay(INTERVAL_MS)) {
    const waiting = await statements.rows(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (waiting.length > 0) return;
  }
  throw new Error('expected a statement that waits for a lock; got none');
}
