import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../domain/errors.ts';
import { isBusy, translateSqliteError } from './sqlite-error.ts';

/** How long writes wait while another process holds the write lock, and the interval of retries. */
const BUSY_LIMIT_MS = 5_000;
const BUSY_RETRY_MS = 10;

/**
 * The only way to write on a connection. A synced commit costs the same for one write as for fifty, so the writes of
 * one turn of the event loop share a transaction. Disposing commits waiting writes and refuses later ones.
 */
export interface GroupCommit extends AsyncDisposable {
  /**
   * Runs `work` inside a transaction, in the order of the calls, and resolves with its result after the commit. `work`
   * may run twice: after its batch was rolled back, each runs in a transaction of its own. Errors: those of `work`;
   * `unavailable` if locked out for five seconds, or closed; `insufficient-storage`.
   */
  write<T>(work: () => T): Promise<T>;
  /** How long the oldest write has waited while another connection writes; 0: none waits. */
  waitedMs(): number;
}

/** A queued write: `run` returns the function to call after the commit. */
interface Write {
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
}

export function createGroupCommit(
  database: DatabaseSync,
  options: { readonly busyLimitMs?: number } = {},
): GroupCommit {
  const { busyLimitMs = BUSY_LIMIT_MS } = options;
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');

  let queue: Write[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let isScheduled = false;
  let isClosed = false;
  let busySince: number | undefined;

  const transact = (writes: readonly Write[]): void => {
    begin.run();
    busySince = undefined;
    let resolvers: (() => void)[];
    try {
      resolvers = writes.map((write) => write.run());
      commit.run();
    } catch (error) {
      if (database.isTransaction) rollback.run(); // some failures (a full disk) have already rolled back
      throw error;
    }
    for (const resolve of resolvers) resolve();
  };

  const transactEach = (writes: readonly Write[]): void => {
    for (const [index, write] of writes.entries()) {
      try {
        transact([write]);
      } catch (error) {
        if (isBusy(error)) {
          retryLater(writes.slice(index), error);
          return;
        }
        write.reject(translateSqliteError(error));
      }
    }
  };

  const retryLater = (writes: readonly Write[], error: unknown): void => {
    queue = [...writes, ...queue];
    busySince ??= performance.now();
    if (performance.now() - busySince < busyLimitMs) {
      isScheduled = true;
      setTimeout(flush, BUSY_RETRY_MS);
      return;
    }
    busySince = undefined;
    for (const write of queue.splice(0)) write.reject(translateSqliteError(error));
  };

  const flush = (): void => {
    isScheduled = false;
    const writes = queue.splice(0);
    try {
      transact(writes);
    } catch (error) {
      if (isBusy(error)) retryLater(writes, error);
      else transactEach(writes);
    }
  };

  const push = (write: Write): void => {
    queue.push(write);
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  };

  return {
    async write<T>(work: () => T): Promise<T> {
      if (isClosed) throw new AppError('unavailable', 'The service is stopping', { retryAfterSeconds: 1 });
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      last = promise;
      push({
        run: () => {
          const result = work();
          return () => resolve(result);
        },
        reject,
      });
      return promise;
    },

    waitedMs: () => (busySince === undefined ? 0 : performance.now() - busySince),

    async [Symbol.asyncDispose](): Promise<void> {
      isClosed = true;
      await Promise.allSettled([last]); // writes settle in their order
    },
  };
}
