import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';
import { DAMAGED, isDamage } from '../../sqlite/sqlite-error.ts';

/** Rows that are compared in one turn of the event loop: some milliseconds. */
const ROWS = 10_000;

/** Which records of images the table and its index of ids have. */
export type TableOfImages =
  | { readonly state: 'sound' }
  /** The index has the ids of rows that the table lacks, or the table has rows at wrong places. */
  | { readonly state: 'damaged'; readonly readBy: 'table' | 'ids'; readonly detail: string };

/**
 * Whether the rows of images are where they belong. A page that was written to the place of another leaves no trace in
 * SQLite's own format: its rows are read twice, and the other page's rows not at all. Their numbers don't rise then, or
 * are fewer than the index of ids has.
 */
export async function tableOfImages(reader: DatabaseSync): Promise<TableOfImages> {
  const ownMoment = !reader.isTransaction;
  if (ownMoment) reader.exec('BEGIN');
  try {
    return await compared(reader);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { state: 'damaged', readBy: 'ids', detail: `${DAMAGED}: ${error.message}` };
  } finally {
    if (ownMoment && reader.isTransaction) reader.exec('ROLLBACK'); // COMMIT would repeat the error of a damaged page
  }
}

async function compared(reader: DatabaseSync): Promise<TableOfImages> {
  let rows = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const row of reader.prepare('SELECT n FROM images NOT INDEXED ORDER BY n').iterate()) {
    const n = numberIn(row as unknown as Row);
    if (n <= last)
      return {
        state: 'damaged',
        readBy: 'ids',
        detail: `${DAMAGED}: expected row numbers of images that rise; got ${n} after ${last}`,
      };
    last = n;
    rows += 1;
    if (rows % ROWS === 0) await nextTurn();
  }
  const ids = countIds(reader);
  if (ids === undefined)
    return {
      state: 'damaged',
      readBy: 'table',
      detail: `${DAMAGED}: expected an index of ids; got one that can't be read`,
    };
  if (ids === rows) return { state: 'sound' };
  const detail = `${DAMAGED}: expected as many images as ids in their index, ${ids}; got ${rows}`;
  return { state: 'damaged', readBy: ids > rows && isIndexRising(reader) ? 'ids' : 'table', detail };
}

function countIds(reader: DatabaseSync): number | undefined {
  try {
    return numberIn(firstRow(reader.prepare(`SELECT COUNT(*) FROM images INDEXED BY ${IDS}`), []) ?? []);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** A page of the index itself may be at a wrong place: the ids are ASCII, so JavaScript's order is SQLite's. */
function isIndexRising(reader: DatabaseSync): boolean {
  let last = '';
  for (const row of reader.prepare(`SELECT id FROM images INDEXED BY ${IDS} ORDER BY id`).iterate()) {
    const id = String((row as unknown as Row)[0]);
    if (id <= last) return false;
    last = id;
  }
  return true;
}

/** SQLite's own name for the index of the column `id`. */
export const IDS = 'sqlite_autoindex_images_1';

const numberIn = (row: Row): number => Number(row[0]);

/** For the reader of a record that the database has lost. */
export const lostRow = (): AppError => new AppError('internal', `${DAMAGED}: expected its row; got none`);
