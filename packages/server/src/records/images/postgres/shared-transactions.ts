import { AppError } from '../../../domain/errors.ts';
import type { Postgres, Transaction } from '../../postgres/database.ts';

/** What a piece of work came to, and whether what it wrote is kept. */
export interface Outcome<T> {
  readonly result: T;
  readonly isKept: boolean;
}

/** Is called again, with another object for the transaction, if what it wrote was rolled back. */
export type Work<T> = (transaction: Transaction) => Promise<Outcome<T>>;

/** Runs `work` in a transaction, together with what waits under the same key; undefined: by itself. */
export type RunShared = <T>(key: string | undefined, work: Work<T>) => Promise<T>;

interface Waiting {
  readonly work: Work<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction holds the lock of its key until its commit, so it ends after so many. */
const MOST_TOGETHER = 50;

/**
 * Work under one key waits for a lock that a transaction holds until its commit. One transaction after another would
 * do as many as the disk does commits, so what waits meanwhile shares the next one. All of it runs at once there, and
 * one after another if something of it isn't kept. After a fault of one of them, each is repeated in a transaction of
 * its own; if the database is away, the transaction may have been committed, and all fail.
 */
export function shareTransactions(postgres: Postgres): RunShared {
  const queues = new Map<string, Waiting[]>();

  const alone = async <T>(work: Work<T>): Promise<T> => {
    try {
      return await postgres.transaction(async (transaction) => {
        const { result, isKept } = await work(transaction);
        if (!isKept) throw new Undone(result);
        return result;
      });
    } catch (error) {
      if (error instanceof Undone) return error.result as T;
      throw error;
    }
  };

  const together = (batch: readonly Waiting[]): Promise<readonly unknown[]> =>
    postgres.transaction(async (transaction) => {
      transaction.send('SAVEPOINT none');
      const shared = { ...transaction };
      const outcomes = await Promise.all(batch.map(({ work }) => work(shared)));
      if (outcomes.every(({ isKept }) => isKept)) return outcomes.map(({ result }) => result);
      transaction.send('ROLLBACK TO SAVEPOINT none');
      const results: unknown[] = [];
      for (const { work } of batch) {
        transaction.send('SAVEPOINT one');
        const { result, isKept } = await work({ ...transaction });
        transaction.send(isKept ? 'RELEASE SAVEPOINT one' : 'ROLLBACK TO SAVEPOINT one');
        results.push(result);
      }
      return results;
    });

  const serve = async (key: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, MOST_TOGETHER);
      const results = batch.length === 1 ? undefined : await together(batch).catch((error: unknown) => error);
      for (const [n, { work, resolve, reject }] of batch.entries())
        if (Array.isArray(results)) resolve(results[n]);
        else if (results instanceof AppError) reject(results);
        else await alone(work).then(resolve, reject);
    }
    queues.delete(key);
  };

  return <T>(key: string | undefined, work: Work<T>): Promise<T> => {
    if (key === undefined) return alone(work);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiting: Waiting = { work, resolve: (result) => resolve(result as T), reject };
    const known = queues.get(key);
    if (known) known.push(waiting);
    else {
      const queue = [waiting];
      queues.set(key, queue);
      void serve(key, queue);
    }
    return promise;
  };
}

/** Rolls back what isn't kept. */
class Undone extends Error {
  readonly result: unknown;

  constructor(result: unknown) {
    super('this is not kept');
    this.result = result;
  }
}
