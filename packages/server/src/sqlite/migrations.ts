import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../domain/errors.ts';

/**
 * Brings a database up to the last of `migrations`, each step in one transaction; `user_version` counts the steps. Errors:
 * `unavailable` if a newer version wrote the database.
 */
export function migrate(database: DatabaseSync, migrations: readonly URL[]): void {
  const newest = migrations.length;
  const found = versionOf(database);
  if (found > newest) {
    const got = `expected a database of schema version ${newest} or older; got version ${found}`;
    throw new AppError('unavailable', `${got}, which a newer Safelight wrote: start that version`);
  }
  for (const [index, file] of migrations.entries()) step(database, index + 1, file);
}

function step(database: DatabaseSync, version: number, file: URL): void {
  if (versionOf(database) >= version) return;
  const sql = readFileSync(file, 'utf8');
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have performed this step while this one waited for the lock.
    if (versionOf(database) < version) database.exec(`${sql}\nPRAGMA user_version = ${version};`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Accepts rows in either form: the caller decides whether statements return arrays. */
const versionOf = (database: DatabaseSync): number =>
  Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]);
