import { readFileSync } from 'node:fs';
import { AppError } from '../../domain/errors.ts';
import type { Statements } from './database.ts';
import type { Migration } from './migrations.ts';

/** What the service needs of each table. */
export const TABLE_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
/** The version, which only `migrate` changes. */
export const VERSION_TABLE = 'safelight_schema';

/** The names of all tables of the schema. */
export const tablesIn = (migrations: readonly Migration[]): readonly string[] =>
  migrations
    .flat()
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^CREATE (?:UNLOGGED )?TABLE (\w+)/gm)])
    .map(([, name = '']) => name);

/** The tables of `names` that aren't there, or of which the role lacks a right. */
export async function tablesWithoutRights(
  statements: Statements,
  role: string,
  names: readonly string[],
  rights: readonly string[] = TABLE_RIGHTS,
): Promise<readonly string[]> {
  const hasAll = rights.map((right) => `has_table_privilege($2::name, to_regclass(t), '${right}')`).join(' AND ');
  const sql = `SELECT t FROM unnest($1::text[]) t WHERE (${hasAll}) IS NOT TRUE`;
  return (await statements.rows(sql, [names, role])).map(([name]) => String(name));
}

/** Stops a process whose role can't use all tables. Errors: `unavailable`, with a sentence for the operator. */
export async function requireRights(statements: Statements, migrations: readonly Migration[]): Promise<void> {
  const [row] = await statements.rows('SELECT current_user::text');
  const role = String(row?.[0]);
  const lacking = await tablesWithoutRights(statements, role, tablesIn(migrations));
  if (lacking.length === 0) return;
  const got = `expected a role that may use all tables; got ${role}, which may not use ${lacking.join(', ')}`;
  throw new AppError('unavailable', `${got}: npm run admin -- provision --role ${role}, as their owner, permits it`);
}
