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

/** Resolves once a statement of the database waits for a lock. */
export const lockWait = (statements: Statements): Promise<void> => untilWaiting(statements, 1);

const PAUSE_MS = 5;
const DEADLINE_MS = 60_000;

/** Resolves once that many connections to this database wait for a lock. */
export async function untilWaiting(statements: Statements, count: number): Promise<void> {
  for (const start = performance.now(); performance.now() - start < DEADLINE_MS; await delay(PAUSE_MS)) {
    const [row] = await statements.rows(WAITING);
    if (Number(row?.[0]) >= count) return;
  }
  throw new Error(`expected ${count} connections that wait for a lock; got fewer for ${DEADLINE_MS} ms`);
}

const WAITING = `
  SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** A transaction that waits where it calls `begun`, until its `end`, or that of the test. */
export function holdTransaction(
  postgres: Postgres,
  work: (transaction: Transaction, begun: () => Promise<void>) => Promise<void>,
) {
  const [held, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done = postgres.transaction((transaction) =>
    work(transaction, () => {
      held.resolve();
      return ended.promise;
    }),
  );
  done.catch(() => undefined); // reported by `end`
  return {
    isHeld: held.promise,
    end(): Promise<void> {
      ended.resolve();
      return done;
    },
    async [Symbol.asyncDispose]() {
      ended.resolve();
      await Promise.allSettled([done]);
    },
  };
}
