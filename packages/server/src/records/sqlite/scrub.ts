import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { runInChild } from './child-program.ts';
import { DATABASE_FILE } from './database.ts';
import { isBusy, translateSqliteError } from './sqlite-error.ts';

/** How long it waits for writers. */
const BUSY_TIMEOUT_MS = 10_000;
/** How long each of several attempts waits for readers, such as a backup: writes wait meanwhile. */
const READERS_TIMEOUT_MS = 200;
/** Also beside a checkpoint of another connection, which SQLite doesn't wait for. */
const LOG_ATTEMPTS = 10;
const LOG_PAUSE_MS = 200;
const RETRY_AFTER_SECONDS = 60;

/** Less than what a write may wait in all: its next attempt comes after the child's end. */
const LONGEST_WAIT_MS = 500;
const LOOK_MS = 50;

/**
 * In a child process, which can be killed: until a VACUUM ends, at a second for each 150 MB, no other connection can
 * write. Before the VACUUM the log must be empty, because behind a long reader each attempt would make it longer by the
 * whole database. After it the log has the whole database, and only a passive checkpoint lets writes pass. The copy is
 * made beside the database, because a container's /tmp may be small, or memory.
 */
const PROGRAM = `
const { statfsSync, writeSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const { folder, path, timeout, readersTimeout, attempts, pause } = JSON.parse(process.argv[1]);
const database = new DatabaseSync(path, { timeout });
const valueOf = (pragma) => Object.values(database.prepare('PRAGMA ' + pragma).get())[0];
const copyLog = () => {
  const { busy, log, checkpointed } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
  return busy === 0 && log === checkpointed;
};
const emptyLog = () => {
  database.exec('PRAGMA busy_timeout = ' + readersTimeout);
  for (let attempt = 1; ; attempt += 1) {
    if (copyLog() && valueOf('wal_checkpoint(TRUNCATE)') === 0) return true;
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
const answer = (() => {
  try {
    return rewrite();
  } catch (error) {
    return { errcode: error.errcode, message: error.message };
  } finally {
    database.close();
  }
})();
writeSync(1, JSON.stringify(answer));`;

export interface ScrubOptions {
  /** How long a write of this process has waited for the database; 0: none waits. */
  readonly waitedMs: () => number;
}

/**
 * Leaves nothing of deleted rows in the database of a folder and its log. `secure_delete` alone leaves parts of rows
 * that were moved before they were deleted. Reads continue meanwhile. Writes wait for less than a second: then the
 * attempt ends, and the database is as it was. It needs twice as much free space as the database takes, for the copy
 * and for the log. Errors: `unavailable` if somebody reads for long, or writes meanwhile; `insufficient-storage`.
 */
export async function scrubDatabase(folder: string, { waitedMs }: ScrubOptions): Promise<void> {
  const { busy, needed, errcode, message = '' } = await rewriteIn(folder, waitedMs);
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

async function rewriteIn(folder: string, waitedMs: ScrubOptions['waitedMs']): Promise<Answer> {
  const job = {
    folder,
    path: join(folder, DATABASE_FILE),
    timeout: BUSY_TIMEOUT_MS,
    readersTimeout: READERS_TIMEOUT_MS,
    attempts: LOG_ATTEMPTS,
    pause: LOG_PAUSE_MS,
  };
  let isInTheWay = false;
  const answer = await runInChild<Answer>(PROGRAM, job, (child) => {
    const look = setInterval(() => {
      if (waitedMs() < LONGEST_WAIT_MS) return;
      isInTheWay = true;
      child.kill('SIGKILL');
    }, LOOK_MS);
    return () => clearInterval(look);
  });
  if (answer) return answer;
  const detail = isInTheWay
    ? 'expected no write while the database is rewritten; got one, which had to wait: try again at a quiet time'
    : 'expected the rewriting process to answer; got its end';
  throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

interface Answer {
  readonly busy?: number;
  /** Bytes that would have to be free. */
  readonly needed?: number;
  readonly errcode?: number;
  readonly message?: string;
}
