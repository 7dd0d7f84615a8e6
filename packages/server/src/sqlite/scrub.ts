import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../domain/errors.ts';
import { DATABASE_FILE } from './database.ts';
import { isBusy, translateSqliteError } from './sqlite-error.ts';

/** How long it waits for writers. */
const BUSY_TIMEOUT_MS = 10_000;
/** The same for readers, such as a backup, at each of several attempts: writes wait meanwhile. */
const READERS_TIMEOUT_MS = 200;
/** Also beside a checkpoint of another connection, which SQLite doesn't wait for. */
const LOG_ATTEMPTS = 10;
const LOG_PAUSE_MS = 200;
const RETRY_AFTER_SECONDS = 60;

/**
 * In a thread: it takes a second for each 150 MB. A text, so that packages and bundles need no further file. Before the VACUUM the log must be
 * empty, because behind a long reader each attempt would make it longer by the whole database. The copy is made beside the database, because a
 * container's /tmp may be small, or memory.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { statfsSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const { folder, path, timeout, readersTimeout, attempts, pause } = workerData;
const database = new DatabaseSync(path, { timeout });
const valueOf = (pragma) => Object.values(database.prepare('PRAGMA ' + pragma).get())[0];
const emptyLog = () => {
  database.exec('PRAGMA busy_timeout = ' + readersTimeout);
  for (let attempt = 1; ; attempt += 1) {
    if (valueOf('wal_checkpoint(TRUNCATE)') === 0) return true;
    if (attempt === attempts) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
};
const lackingBytes = () => {
  const { blocks, bavail, bsize } = statfsSync(folder);
  const needed = 2 * (valueOf('page_count') - valueOf('freelist_count')) * valueOf('page_size');
  return blocks > 0 && bavail * bsize < needed ? needed : undefined; // some network disks have no size
};
const rewrite = () => {
  if (!emptyLog()) return { busy: 1 };
  const needed = lackingBytes();
  if (needed !== undefined) return { needed };
  database.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA busy_timeout = ' + timeout);
  database.exec("PRAGMA temp_store_directory = '" + folder.replaceAll("'", "''") + "'");
  try {
    database.exec('VACUUM');
  } finally {
    database.exec("PRAGMA temp_store_directory = ''");
  }
  return { busy: emptyLog() ? 0 : 1 };
};
try {
  parentPort.postMessage(rewrite());
} catch (error) {
  parentPort.postMessage({ errcode: error.errcode, message: error.message });
} finally {
  database.close();
}`;

/**
 * Leaves nothing of deleted rows in the database of a folder and its log. `secure_delete` alone leaves parts of rows that were moved
 * before they were deleted. Reads go on meanwhile, and writes wait, of a large database longer than group commit lets them. It needs twice as
 * much free space as the database takes, for the copy and for the log. Errors: `unavailable` if somebody reads or writes for long,
 * `insufficient-storage`.
 */
export async function scrubDatabase(folder: string): Promise<void> {
  const path = join(folder, DATABASE_FILE);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const workerData = {
    folder,
    path,
    timeout: BUSY_TIMEOUT_MS,
    readersTimeout: READERS_TIMEOUT_MS,
    attempts: LOG_ATTEMPTS,
    pause: LOG_PAUSE_MS,
  };
  const worker = new Worker(PROGRAM, { eval: true, workerData });
  worker.once('message', resolve).once('error', reject);
  worker.once('exit', () => reject(new Error('expected the thread to answer; got its end')));
  const { busy, needed, errcode, message = '' } = await promise;
  if (busy === 0) return;
  if (needed !== undefined) {
    const mb = Math.ceil(needed / 1_000_000);
    throw new AppError('insufficient-storage', `expected ${mb} MB free to rewrite the database; got less`);
  }
  const error = busy === undefined ? Object.assign(new Error(message), { errcode }) : undefined;
  if (error && !isBusy(error)) throw translateSqliteError(error);
  const detail =
    'expected nobody to hold the database for seconds; got one who does, such as a backup: try again later';
  throw new AppError('unavailable', detail, { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

interface Answer {
  readonly busy?: number;
  /** Bytes that would have to be free. */
  readonly needed?: number;
  readonly errcode?: number;
  readonly message?: string;
}
