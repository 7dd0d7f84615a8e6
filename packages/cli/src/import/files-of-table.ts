import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Failure, failure, failureOf, wrongUsage } from '../failure.ts';
import type { Found } from '../files/walk.ts';
import type { FoundFile } from '../upload/upload-files.ts';
import { isRowFault, type Table, TableError, type TableRow } from './table-rows.ts';

export type FoundRow = Exclude<Found, FoundFile> | (FoundFile & { readonly row: TableRow });

/** The files of a folder that a table names, in its order, and why others of its rows name none. */
export async function* filesOfTable(table: Table, folder: string): AsyncGenerator<FoundRow, void, void> {
  const root = await realpath(folder);
  try {
    for await (const row of table.rows()) {
      if (isRowFault(row)) {
        yield { kind: 'failed', path: row.place, failure: failure('wrong-row', `${row.fault}.`) };
        continue;
      }
      const wrong = await failureAt(root, row.path);
      if (wrong) yield { kind: 'failed', path: table.placeOf(row, 'path'), failure: wrong };
      else yield { kind: 'file', path: join(folder, row.path), isNamed: true, row };
    }
  } catch (error) {
    const ending = error instanceof TableError ? wrongUsage(error.message) : failureOf(error);
    yield { kind: 'failed', path: table.name, failure: ending };
  }
}

/** Undefined: it is a file in the folder, and not behind a link, which could be planted to send another file. */
async function failureAt(root: string, path: string): Promise<Failure | undefined> {
  if (path.includes('\0') || path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return failure('wrong-row', 'Expected a path in the folder.');
  const file = join(root, path);
  try {
    if (!(await lstat(file)).isFile()) return failure('not-a-file', `${path} is a folder, a link or a device.`);
    const below = root.endsWith(sep) ? root : root + sep;
    if (!(await realpath(file)).startsWith(below))
      return failure('wrong-row', `${path} is behind a link to outside of the folder.`);
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}

/** For a progress bar. */
export async function countRows(table: Table, signal: AbortSignal): Promise<{ readonly files: number }> {
  let files = 0;
  for await (const _row of table.rows()) {
    if (signal.aborted) break;
    files += 1;
  }
  return { files };
}
