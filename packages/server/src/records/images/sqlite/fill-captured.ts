import type { DatabaseSync } from 'node:sqlite';
import type { ReadyImage } from '../../../domain/image/image.ts';
import { FILL_BATCH, fillRows } from '../../sqlite/fill-rows.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';
import { createMonthCounts } from '../../usage/sqlite/month-counts.ts';
import { storedFacts } from '../facts-text.ts';
import { isArrayOf, isText, parsedOrNull } from '../stored-values.ts';
import { createCapturedRows } from './captured-rows.ts';

/** KiB. Rows come in no order of their index: pages that leave the cache are written and read again. */
const CACHE_KIB = 128 * 1_024;

/**
 * The next ready images by row number: without `+` SQLite would sort all of them for each batch. The columns are those
 * of this step's time, whichever a later step adds.
 */
export const FILLED_SQL = `
  SELECT n, id, user_id, content_type, tags, facts FROM images
  WHERE n > ? AND +status = 'ready' ORDER BY n LIMIT ${FILL_BATCH}`;

/** Writes the rows and counts by capture of the images that were there before. Yields how many. */
export function* fillCaptured(database: DatabaseSync): Generator<number> {
  const [usual] = firstRow(database.prepare('PRAGMA cache_size'), []) ?? [];
  database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  try {
    const rows = createCapturedRows(database);
    const months = createMonthCounts(database);
    yield* fillRows(database, FILLED_SQL, (row) => {
      const image = imageIn(row);
      rows(undefined, image, Number(row[0]));
      months.changed(undefined, image);
    });
  } finally {
    database.exec(`PRAGMA cache_size = ${Number(usual)}`);
  }
}

/** As much of the image as its rows need: also of a record whose other columns can't be read. */
function imageIn([, id, userId, contentType, tags, facts]: Row): ReadyImage {
  const stored = parsedOrNull(String(tags));
  return {
    ...{ status: 'ready', id, userId, contentType },
    tags: isArrayOf(stored, isText) ? stored : [],
    albums: [],
    facts: facts === null ? null : storedFacts(String(facts)),
  } as unknown as ReadyImage;
}
