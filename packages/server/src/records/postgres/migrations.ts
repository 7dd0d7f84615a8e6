import { readFileSync } from 'node:fs';
import { AppError } from '../../domain/errors.ts';
import type { Postgres, Statements, Transaction } from './database.ts';

type Reads = Pick<Statements, 'rows'>;

/** The SQL of a step. A step that was released never changes. */
export type Migration = readonly URL[];

/** Any number that other programs don't lock: "SFLT". */
const LOCK = 0x53_46_4c_54;

/** The longest statement of a step, such as an index of a billion rows: a day. */
const ANSWER_MS = 86_400_000;

/** A step may take longer than other statements, and waits for a process that performs it meanwhile. */
const BEFORE_LOCK = ['SET LOCAL statement_timeout = 0', 'SET LOCAL lock_timeout = 0'] as const;

/** While a change of a table waits for an archive that reads it, everything else waits behind the change. */
const AFTER_LOCK = "SET LOCAL lock_timeout = '10s'";

/**
 * Brings a database up to the last of `migrations`, each step in one transaction. Processes that do so at once wait for
 * each other. Errors: `unavailable` if a newer version wrote the database, if its encoding isn't UTF-8, or if the role
 * may not change the schema.
 */
export async function migrate(postgres: Postgres, migrations: readonly Migration[]): Promise<void> {
  await requireUtf8(postgres);
  await requireKnown(postgres, migrations);
  for (const [index, migration] of migrations.entries()) {
    const version = index + 1;
    if ((await versionOf(postgres)) >= version) continue;
    const sql = migration.map((file) => readFileSync(file, 'utf8')).join('\n');
    const perform = async (transaction: Transaction): Promise<void> => {
      for (const setting of BEFORE_LOCK) transaction.send(setting);
      await transaction.rows('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      transaction.send(AFTER_LOCK);
      if ((await versionOf(transaction)) >= version) return; // another process has performed it meanwhile
      if (version === 1) await transaction.change(FIRST);
      for (const statement of statementsIn(sql)) await transaction.change(statement);
      await transaction.change('UPDATE safelight_schema SET version = $1', [version]);
    };
    await postgres.transaction(perform, { answerMs: ANSWER_MS });
  }
}

/** For a role that can't migrate. Errors: `unavailable` if the database is of any other version. */
export async function requireMigrated(postgres: Reads, migrations: readonly Migration[]): Promise<void> {
  await requireKnown(postgres, migrations);
  const version = await versionOf(postgres);
  if (version === migrations.length) return;
  const got = `expected a database of schema version ${migrations.length}; got version ${version}`;
  throw new AppError('unavailable', `${got}: npm run admin -- provision brings it up`);
}

async function requireKnown(postgres: Reads, { length: newest }: readonly Migration[]): Promise<void> {
  const found = await versionOf(postgres);
  if (found <= newest) return;
  const got = `expected a database of schema version ${newest} or older; got version ${found}`;
  throw new AppError('unavailable', `${got}, which a newer Safelight wrote: start that version`);
}

async function requireUtf8(postgres: Postgres): Promise<void> {
  const [row] = await postgres.rows("SELECT current_setting('server_encoding')");
  if (row?.[0] === 'UTF8') return;
  throw new AppError('unavailable', `expected a database in the encoding UTF8; got ${String(row?.[0])}`);
}

const FIRST = 'CREATE TABLE safelight_schema AS SELECT 0 AS version';

/** to_regclass() alone reads no table, so within a transaction it misses what another process has just committed. */
const KNOWN = "SELECT 1 FROM pg_class WHERE oid = to_regclass('safelight_schema')";

/** 0: it is empty, or another program's. */
export async function versionOf(statements: Reads): Promise<number> {
  const known = await statements.rows(KNOWN);
  if (known.length === 0) return 0;
  const [row] = await statements.rows('SELECT version FROM safelight_schema');
  return Number(row?.[0] ?? 0);
}

/** Our files have one statement after another, each ended by a semicolon at the end of a line. */
const statementsIn = (sql: string): string[] =>
  sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
