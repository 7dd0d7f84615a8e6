import type { Statements } from '../../postgres/database.ts';

export type OwnersTable = 'images' | 'usage' | 'quotas' | 'image_counts' | 'captured_months';

/** The first `limit` owners after `after` in any of the tables, in the order of their ids. */
export async function ownersAfter(
  statements: Statements,
  tables: readonly OwnersTable[],
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await statements.rows(sqlOf(tables), [after, limit]);
  return rows.map(([id]) => String(id));
}

/**
 * Steps from owner to owner by one look-up in each table's index, whatever number of rows an owner has. An ORDER BY
 * would make it step through all of them before the first; a recursion returns its rows in the order of its steps.
 */
const sqlOf = (tables: readonly OwnersTable[]): string => `WITH RECURSIVE owner (id) AS (
    SELECT ${nextOf(tables, '$1')} UNION ALL SELECT ${nextOf(tables, 'owner.id')} FROM owner WHERE owner.id IS NOT NULL
  ) SELECT id FROM owner WHERE id IS NOT NULL LIMIT $2`;

const nextOf = (tables: readonly OwnersTable[], after: string): string =>
  `least(${tables.map((table) => `(SELECT user_id FROM ${table} WHERE user_id > ${after} ORDER BY user_id LIMIT 1)`)})`;
