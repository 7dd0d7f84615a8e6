import type { DatabaseSync } from 'node:sqlite';
import { allRows, type Row } from './rows.ts';

/** Rows between two pauses of a step that fills others from them: a few milliseconds. */
export const FILL_BATCH = 500;

/**
 * Calls `fill` for every row of `sql`, which selects the next `FILL_BATCH` by row number, its first column, after its
 * parameter. Yields how many so far.
 */
export function* fillRows(database: DatabaseSync, sql: string, fill: (row: Row) => void): Generator<number> {
  const select = database.prepare(sql);
  let filled = 0;
  for (let last = 0; ; ) {
    const batch = allRows(select, [last]);
    for (const row of batch) fill(row);
    last = Number(batch.at(-1)?.[0] ?? last);
    filled += batch.length;
    yield filled;
    if (batch.length < FILL_BATCH) return;
  }
}
