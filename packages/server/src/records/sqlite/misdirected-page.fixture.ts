import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATABASE_FILE } from './database.ts';

const WAIT_MS = 5_000;

/** The pages with the rows of a table, in the order of the rows. All of them are in the database's file then. */
export function leavesOf(folder: string, table: string): readonly number[] {
  using database = new DatabaseSync(join(folder, DATABASE_FILE), { timeout: WAIT_MS });
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {};
  if (busy !== 0) throw new Error(`expected to empty the log of writes within ${WAIT_MS} ms; it was in use`);
  const leaves = database.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path");
  return leaves.all(table).map(({ pageno }) => Number(pageno));
}

/** Overwrites page `to` with the bytes of page `from`, as a disk does that writes to a wrong place. */
export function misdirectPage(folder: string, { from, to }: { readonly from: number; readonly to: number }): void {
  const file = openSync(join(folder, DATABASE_FILE), 'r+');
  try {
    const page = Buffer.alloc(PAGE_BYTES);
    readSync(file, page, 0, PAGE_BYTES, (from - 1) * PAGE_BYTES);
    writeSync(file, page, 0, PAGE_BYTES, (to - 1) * PAGE_BYTES);
  } finally {
    closeSync(file);
  }
}

/** Leaves nothing of a page, as a disk that has lost a write. */
export function zeroPage(folder: string, page: number): void {
  const file = openSync(join(folder, DATABASE_FILE), 'r+');
  writeSync(file, Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

/** Changes which page follows an overflow page. */
export function overflowTo(folder: string, page: number, next: number): void {
  const file = openSync(join(folder, DATABASE_FILE), 'r+');
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(next);
  writeSync(file, bytes, 0, bytes.length, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

const PAGE_BYTES = 4_096;
