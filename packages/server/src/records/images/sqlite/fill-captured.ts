import type { DatabaseSync } from 'node:sqlite';
import type { ReadyImage } from '../../../domain/image/image.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { createMonthCounts } from '../../usage/sqlite/month-counts.ts';
import { createCapturedRows } from './captured-rows.ts';
import { READY_COLUMNS, readyImageOf } from './image-row.ts';

/** Images between two pauses: a few milliseconds. */
const BATCH = 500;

/** KiB. Rows come in no order of their index: pages that leave the cache are written and read again. */
const CACHE_KIB = 128 * 1_024;

/** Writes the rows and counts by capture of the images that were there before. Yields how many. */
export function* fillCaptured(database: DatabaseSync): Generator<number> {
  const [usual] = firstRow(database.prepare('PRAGMA cache_size'), []) ?? [];
  database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  try {
    yield* fill(database);
  } finally {
    database.exec(`PRAGMA cache_size = ${Number(usual)}`);
  }
}

function* fill(database: DatabaseSync): Generator<number> {
  const select = database.prepare(
    `SELECT ${READY_COLUMNS}, n FROM images WHERE n > ? AND status = 'ready' ORDER BY n LIMIT ${BATCH}`,
  );
  const rows = createCapturedRows(database);
  const months = createMonthCounts(database);
  let filled = 0;
  for (let last = 0; ; ) {
    const batch = allRows(select, [last]);
    for (const row of batch) {
      last = Number(row.at(-1));
      const image = imageIn(row);
      if (!image) continue;
      rows(undefined, image, last);
      months.changed(undefined, image);
    }
    filled += batch.length;
    yield filled;
    if (batch.length < BATCH) return;
  }
}

/** undefined: the record can't be read, and no list has it. */
function imageIn(row: Row): ReadyImage | undefined {
  try {
    return readyImageOf(row);
  } catch {
    return undefined;
  }
}
