import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../domain/errors.ts';
import { OF_BEFORE } from '../of-before.ts';

/**
 * The SQL of a step; then `fill` writes what SQL alone can't compute, in the same transaction, and yields the number of
 * rows so far.
 */
export interface Migration {
  readonly sql: readonly URL[];
  readonly fill?: (database: DatabaseSync) => Iterable<number>;
}

/** "SFLT": SQLite's mark of the program that a file belongs to. What ran before version 0.1.0 had none. */
const APPLICATION_ID = 0x53_46_4c_54;

/** What happens to a step: it begins, it has filled so many rows, it is committed. */
export type MigrationState =
  | { readonly state: 'begun' | 'done'; readonly step: number }
  | { readonly state: 'running'; readonly step: number; readonly rows: number };

/**
 * Brings a database up to the last of `migrations`, each step in one transaction; `user_version` counts the steps.
 * Errors: `unavailable` if a newer version wrote the database.
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  for (const _ of migrating(database, migrations));
}

/** `migrate` in pieces: the caller may do other work before each next one. */
export function* migrating(database: DatabaseSync, migrations: readonly Migration[]): Generator<MigrationState, void> {
  requireOwnDatabase(database, migrations);
  for (const [index, migration] of migrations.entries()) yield* step(database, index + 1, migration);
}

/** Whether no step is left. */
export const isMigrated = (database: DatabaseSync, migrations: readonly Migration[]): boolean =>
  versionOf(database) >= migrations.length;

/**
 * Before anything is read or changed: a version alone says nothing, because what ran before version 0.1.0 counted too.
 */
function requireOwnDatabase(database: DatabaseSync, { length: newest }: readonly Migration[]): void {
  const found = versionOf(database);
  if (numberOf(database, 'PRAGMA application_id') !== APPLICATION_ID && !isEmpty(database))
    throw new AppError('unavailable', `expected a database of Safelight 0.1.0 or later; got ${OF_BEFORE}`);
  if (found <= newest) return;
  const got = `expected a database of schema version ${newest} or older; got version ${found}`;
  throw new AppError('unavailable', `${got}, which a newer Safelight wrote: start that version`);
}

/** For a connection that can't migrate. Errors: `unavailable` if the database is of any other version. */
export function requireMigrated(database: DatabaseSync, migrations: readonly Migration[]): void {
  requireOwnDatabase(database, migrations);
  if (isMigrated(database, migrations)) return;
  const got = `expected a database of schema version ${migrations.length}; got version ${versionOf(database)}`;
  throw new AppError('unavailable', `${got}, which an older Safelight uses: start this version as the service first`);
}

function* step(database: DatabaseSync, version: number, migration: Migration): Generator<MigrationState, void> {
  if (versionOf(database) >= version) return;
  const sql = migration.sql.map((file) => readFileSync(file, 'utf8')).join('\n');
  yield { state: 'begun', step: version };
  setTemporaryFolder(database, dirname(database.location() ?? ''));
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have performed this step while this one waited for the lock.
    if (versionOf(database) < version) {
      database.exec(`${sql}\nPRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version};`);
      for (const rows of migration.fill?.(database) ?? []) yield { state: 'running', step: version, rows };
    }
    database.exec('COMMIT');
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
    setTemporaryFolder(database, '');
  }
  yield { state: 'done', step: version };
}

/** An index of many rows is sorted in files: a container's /tmp may be small, or memory. */
const setTemporaryFolder = (database: DatabaseSync, folder: string): void =>
  database.exec(`PRAGMA temp_store_directory = '${folder.replaceAll("'", "''")}'`);

export const versionOf = (database: DatabaseSync): number => numberOf(database, 'PRAGMA user_version');

const isEmpty = (database: DatabaseSync): boolean =>
  versionOf(database) === 0 && numberOf(database, 'SELECT count(*) FROM sqlite_schema') === 0;

/** Accepts rows in either form: the caller decides whether statements return arrays. */
const numberOf = (database: DatabaseSync, sql: string): number =>
  Number(Object.values(database.prepare(sql).get() ?? {})[0]);
