import { existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import {
  isMigrated,
  type Migration,
  type MigrationState,
  migrate,
  migrating,
  requireMigrated,
  versionOf,
} from './migrations.ts';
import { lockFolder } from './service-lock.ts';
import { isDamage, SQLITE, sqliteCode } from './sqlite-error.ts';

export const DATABASE_FILE = 'safelight.db';

/** Blocking at the start is harmless. Later it isn't: group commit retries without blocking. */
const OPENING_BUSY_TIMEOUT_MS = 5_000;
const BUSY_TIMEOUT_MS = 0;

/**
 * None of the file is mapped: reading a mapped page of a bad disk, or of a file that became shorter, ends the process
 * by SIGBUS.
 */
const MMAP_BYTES = 0;

/** Overwrites deleted data; FAST would leave it in free pages, which contain long metadata. */
const SECURE_DELETE = 'ON';

/** 40 MB of WAL: fewer checkpoints made grants 15 % faster than SQLite's 1,000. */
const CHECKPOINT_PAGES = 10_000;
/** On a small disk a third of its usual reserve, which deletions write to: a checkpoint may need as much again. */
const WAL_SHARE = 1 / 12;
const PAGE_BYTES = 4_096;

const checkpointPages = (folder: string): number => {
  const { blocks, bsize } = statfsSync(folder);
  const share = Math.floor((blocks * bsize * WAL_SHARE) / PAGE_BYTES);
  return share === 0 ? CHECKPOINT_PAGES : Math.min(share, CHECKPOINT_PAGES); // some network disks have no size
};

/**
 * Opens the database of a data folder, made if needed and migrated to the last of `migrations`. Its statements return
 * rows as arrays. Commits survive a power cut. Errors: `unavailable`, with a sentence for the operator.
 */
export function openDatabase(folder: string, migrations: readonly Migration[]): DatabaseSync {
  const path = join(folder, DATABASE_FILE);
  try {
    using opened = new DisposableStack();
    const database = opened.use(openToWrite(folder));
    migrate(database, migrations);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    opened.move();
    return database;
  } catch (error) {
    throw translate(error, path);
  }
}

function openToWrite(folder: string): DatabaseSync {
  using opened = new DisposableStack();
  const path = join(folder, DATABASE_FILE);
  const database = opened.use(new DatabaseSync(path, { returnArrays: true, timeout: OPENING_BUSY_TIMEOUT_MS }));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ${SECURE_DELETE};
    PRAGMA mmap_size = ${MMAP_BYTES};
    PRAGMA wal_autocheckpoint = ${checkpointPages(folder)};
  `);
  opened.move();
  return database;
}

/** How often a long step of a migration is reported. */
const TELL_MS = 10_000;
const LOG_MS = 20;

export type TellMigration = (state: MigrationState & { readonly elapsedMs: number; readonly bytes: number }) => void;

/**
 * Migrates an existing database and tells each step when it begins, every ten seconds if its rows are filled one by
 * one, and at its end: a large one may take minutes, in which the service doesn't answer. Errors: those of
 * `openDatabase`.
 */
export async function migrateTelling(
  folder: string,
  migrations: readonly Migration[],
  tell: TellMigration,
  { tellMs = TELL_MS }: { readonly tellMs?: number | undefined } = {},
): Promise<void> {
  const path = join(folder, DATABASE_FILE);
  if (!existsSync(path) || isCurrent(path, migrations)) return;
  try {
    using database = openToWrite(folder);
    if (versionOf(database) === 0) return;
    const bytes = statSync(path).size;
    let beganMs = performance.now();
    let toldMs = beganMs;
    for (const state of migrating(database, migrations)) {
      const nowMs = performance.now();
      if (state.state === 'begun') beganMs = nowMs;
      if (state.state === 'running' && nowMs - toldMs < tellMs) continue;
      toldMs = nowMs;
      tell({ ...state, elapsedMs: nowMs - beganMs, bytes });
      await delay(LOG_MS); // the log writes its lines between turns of the event loop, and a step is one turn
    }
  } catch (error) {
    throw translate(error, path);
  }
}

/**
 * Opens the database for a command that may run beside the service of the folder. It makes or migrates the database
 * only if no service runs, because the running one may be of an older version. Errors: those of `openDatabase` and
 * `lockFolder`.
 */
export function openDatabaseBeside(folder: string, migrations: readonly Migration[]): DatabaseSync {
  if (isCurrent(join(folder, DATABASE_FILE), migrations)) return openDatabase(folder, migrations);
  using _lock = lockFolder(folder);
  return openDatabase(folder, migrations);
}

/**
 * A connection for long reads beside others of the same database. All of its reads see one moment, in a transaction,
 * unless `moment` says otherwise; the WAL grows until such a connection is closed. Errors: those of `openDatabase`.
 */
export function openReader(
  folder: string,
  migrations: readonly Migration[],
  { moment = 'of-all' }: { readonly moment?: 'of-all' | 'of-each-page' } = {},
): DatabaseSync {
  const path = join(folder, DATABASE_FILE);
  try {
    using opened = new DisposableStack();
    const database = opened.use(
      new DatabaseSync(path, { readOnly: true, returnArrays: true, timeout: OPENING_BUSY_TIMEOUT_MS }),
    );
    if (moment === 'of-all') database.exec('BEGIN');
    requireMigrated(database, migrations); // the first read, whose moment is that of all
    opened.move();
    return database;
  } catch (error) {
    throw translate(error, path);
  }
}

function isCurrent(path: string, migrations: readonly Migration[]): boolean {
  if (!existsSync(path)) return false;
  try {
    using database = new DatabaseSync(path, { readOnly: true, timeout: OPENING_BUSY_TIMEOUT_MS });
    return isMigrated(database, migrations);
  } catch (error) {
    throw translate(error, path);
  }
}

const translate = (error: unknown, path: string): AppError => {
  const sentence = (reason: string, options = {}) =>
    new AppError('unavailable', `Can't open ${path}: ${reason}`, { cause: error, ...options });
  if (error instanceof AppError) return sentence(error.detail);
  if (isDamage(error)) {
    const reason = sqliteCode(error) === SQLITE.NOTADB ? 'the file is not an SQLite database' : error.message;
    return sentence(reason, { isDamage: true });
  }
  return sentence(error instanceof Error ? error.message : String(error));
};
