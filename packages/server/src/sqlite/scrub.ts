import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../domain/errors.ts';
import { DATABASE_FILE } from './database.ts';
import { isBusy, translateSqliteError } from './sqlite-error.ts';

/** How long it waits for writers and for readers, such as a backup. */
const BUSY_TIMEOUT_MS = 10_000;
const RETRY_AFTER_SECONDS = 60;

/** In a thread: it takes a second for each 150 MB. A text, so that packages and bundles need no further file. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(workerData.path, { timeout: workerData.timeout });
try {
  database.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; VACUUM');
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  parentPort.postMessage({ busy });
} catch (error) {
  parentPort.postMessage({ errcode: error.errcode, message: error.message });
} finally {
  database.close();
}`;

/**
 * Leaves nothing of deleted rows in the database of a folder and its log. `secure_delete` alone leaves parts of rows that were moved
 * before they were deleted. Reads go on meanwhile; writes wait, and need as much free space as the database has. Errors: `unavailable` if
 * somebody reads or writes for long, `insufficient-storage`.
 */
export async function scrubDatabase(folder: string): Promise<void> {
  const path = join(folder, DATABASE_FILE);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const worker = new Worker(PROGRAM, { eval: true, workerData: { path, timeout: BUSY_TIMEOUT_MS } });
  worker.once('message', resolve).once('error', reject);
  worker.once('exit', () => reject(new Error('expected the thread to answer; got its end')));
  const { busy, errcode, message = '' } = await promise;
  if (busy === 0) return;
  const error = busy === undefined ? Object.assign(new Error(message), { errcode }) : undefined;
  if (error && !isBusy(error)) throw translateSqliteError(error);
  const detail = `expected nobody to hold the database for ${BUSY_TIMEOUT_MS / 1000} s; got one who does, such as a backup: try again later`;
  throw new AppError('unavailable', detail, { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

interface Answer {
  readonly busy?: number;
  readonly errcode?: number;
  readonly message?: string;
}
