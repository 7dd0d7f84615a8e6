import type { Statements } from './database.ts';

/** The tables that have the text in a row. */
export async function tablesWith(postgres: Statements, text: string): Promise<string[]> {
  const tables = await postgres.rows('SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()');
  const found: string[] = [];
  for (const [table] of tables) {
    const rows = await postgres.rows(`SELECT 1 FROM ${table} AS one WHERE position($1 IN one::text) > 0`, [text]);
    if (rows.length > 0) found.push(`table ${table}`);
  }
  return found;
}

/** The tables that have the text among the samples of the planner. */
export async function samplesWith(postgres: Statements, text: string): Promise<string[]> {
  const tables = await postgres.rows(
    `SELECT DISTINCT tablename::text FROM pg_stats
     WHERE schemaname = current_schema() AND position($1 IN concat(most_common_vals::text, histogram_bounds::text)) > 0`,
    [text],
  );
  return tables.map(([table]) => `samples of ${table}`);
}
