import type { DatabaseSync } from 'node:sqlite';
import type { ReadyImage } from '../../../domain/image/image.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { createMonthCounts } from '../../usage/sqlite/month-counts.ts';
import { storedFacts } from '../facts-text.ts';
import { isArrayOf, isText, parsedOrNull } from '../stored-values.ts';
import { createCapturedRows } from './captured-rows.ts';

/** Images between two pauses: a few milliseconds. */
const BATCH = 500;
/** KiB. Rows come in no order of their index: pages that leave the cache are written and read again. */
const CACHE_KIB = 128 * 1_024;

/**
 * The next ready images by row number: without `+` SQLite would sort all of them for each batch. The columns are those
 * of this step's time, whichever a later step adds.
 */
export const FILLED_SQL = `
  SELECT n, id, user_id, content_type, tags, facts FROM images
  WHERE n > ? AND +status = 'ready' ORDER BY n LIMIT ${BATCH}`;

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
  const select = database.prepare(FILLED_SQL);
  const rows = createCapturedRows(database);
  const months = createMonthCounts(database);
  let filled = 0;
  for (let last = 0; ; ) {
    const batch = allRows(select, [last]);
    for (const row of batch) {
      last = Number(row[0]);
      const image = imageIn(row);
      rows(undefined, image, last);
      months.changed(undefined, image);
    }
    filled += batch.length;
    yield filled;
    if (batch.length < BATCH) return;
  }
}

/** As much of the image as its rows need: also of a record whose other columns can't be read. */
function imageIn([, id, userId, contentType, tags, facts]: Row): ReadyImage {
  const stored = parsedOrNull(String(tags));
  return {
    ...{ status: 'ready', id, userId, contentType },
    tags: isArrayOf(stored, isText) ? stored : [],
    facts: facts === null ? null : storedFacts(String(facts)),
  } as unknown as ReadyImage;
}
