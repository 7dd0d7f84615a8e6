import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../domain/errors.ts';

/** The SQL of a step; then `fill` writes what SQL alone can't compute, in the same transaction, and yields the number of rows so far. */
export type Migration = URL | { readonly sql: URL; readonly fill: (database: DatabaseSync) => Iterable<number> };

/** What happens to a step: it begins, it has filled so many rows, it is committed. */
export type MigrationState =
  | { readonly state: 'begun' | 'done'; readonly step: number }
  | { readonly state: 'running'; readonly step: number; readonly rows: number };

/**
 * Brings a database up to the last of `migrations`, each step in one transaction; `user_version` counts the steps. Errors:
 * `unavailable` if a newer version wrote the database.
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  for (const _ of migrating(database, migrations));
}

/** `migrate` in pieces: the caller may do other work before each next one. */
export function* migrating(database: DatabaseSync, migrations: readonly Migration[]): Generator<MigrationState, void> {
  requireNoNewer(database, migrations);
  for (const [index, migration] of migrations.entries()) yield* step(database, index + 1, migration);
}

/** Whether no step is left. */
export const isMigrated = (database: DatabaseSync, migrations: readonly Migration[]): boolean =>
  versionOf(database) >= migrations.length;

function requireNoNewer(database: DatabaseSync, { length: newest }: readonly Migration[]): void {
  const found = versionOf(database);
  if (found <= newest) return;
  const got = `expected a database of schema version ${newest} or older; got version ${found}`;
  throw new AppError('unavailable', `${got}, which a newer Safelight wrote: start that version`);
}

/** For a connection that can't migrate. Errors: `unavailable` if the database is of any other version. */
export function requireMigrated(database: DatabaseSync, migrations: readonly Migration[]): void {
  requireNoNewer(database, migrations);
  if (isMigrated(database, migrations)) return;
  const got = `expected a database of schema version ${migrations.length}; got version ${versionOf(database)}`;
  throw new AppError('unavailable', `${got}, which an older Safelight uses: start this version as the service first`);
}

function* step(database: DatabaseSync, version: number, migration: Migration): Generator<MigrationState, void> {
  if (versionOf(database) >= version) return;
  const { sql: file, fill } = migration instanceof URL ? { sql: migration, fill: undefined } : migration;
  const sql = readFileSync(file, 'utf8');
  yield { state: 'begun', step: version };
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have performed this step while this one waited for the lock.
    if (versionOf(database) < version) {
      database.exec(`${sql}\nPRAGMA user_version = ${version};`);
      for (const rows of fill?.(database) ?? []) yield { state: 'running', step: version, rows };
    }
    database.exec('COMMIT');
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
  yield { state: 'done', step: version };
}

/** Accepts rows in either form: the caller decides whether statements return arrays. */
export const versionOf = (database: DatabaseSync): number =>
  Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]);
