import { AppError } from '../../../domain/errors.ts';
import { errnoOf } from '../../../object-store/staging/file-fault.ts';
import { createFingerprints } from '../../../text/fingerprints.ts';
import type { ImportSource, SourceEntry, SourceFault } from '../import-source.ts';
import { type DateFrom, entryOfFile } from './source-entry.ts';
import type { SourceFile, SourceFiles } from './source-files.ts';
import { isRowFault, openTable, type Table, TableError, type TableRow } from './table-rows.ts';
import type { UserPattern } from './user-pattern.ts';

export interface TableSourceOptions {
  /** Closed with the source. */
  readonly files: SourceFiles;
  /** A file on this machine: CSV or NDJSON, by its suffix. */
  readonly table: string;
  /** The user whom a path names; one of the row counts first. */
  readonly userOf: UserPattern;
  readonly dateFrom: DateFrom;
  /** Adds what else is known of an entry; absent: nothing is. */
  readonly beside?: ((entry: SourceEntry) => AsyncIterable<SourceEntry | SourceFault>) | undefined;
}

/**
 * Opens the files that a table names, in the order of its rows; those that none names come as faults in the end.
 * Errors: `unavailable` if the table can't be read, `invalid-request` if it isn't one.
 */
export async function openTableSource(options: TableSourceOptions): Promise<ImportSource> {
  const { files, beside = once } = options;
  const table = await onTable(openTable(options.table));

  async function* entries(): AsyncGenerator<SourceEntry | SourceFault, void, void> {
    const named = createFingerprints();
    for await (const row of rowsOf(table)) {
      if (isRowFault(row)) {
        if (row.path !== undefined) named.add(row.path);
        yield { path: row.place, fault: row.fault };
        continue;
      }
      const found = named.has(row.path)
        ? { path: table.placeOf(row, 'path'), fault: 'expected each path once; got one of a former row' }
        : await entryOf(row);
      named.add(row.path);
      if ('fault' in found) yield found;
      else yield* beside(found);
    }
    for await (const file of files.list())
      if ('fault' in file) yield file;
      else if (!named.has(file.path))
        yield { path: file.path, fault: `expected a row of ${table.name}; got a file that none names` };
  }

  async function entryOf(row: TableRow): Promise<SourceEntry | SourceFault> {
    const file = await files.stat(row.path);
    if (!file) return { path: row.path, fault: `expected a file, as ${table.placeOf(row)} says; got none` };
    if ('fault' in file) return file;
    const userId = row.userId ?? options.userOf(row.path);
    if (userId === undefined) return { path: table.placeOf(row, 'user_id'), fault: 'expected a user; got nothing' };
    return describedBy(row, { file, userId, dateFrom: options.dateFrom });
  }

  return {
    name: files.name,
    entries,
    open: ({ path }, signal) => files.open(path, signal),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

interface Known {
  readonly file: SourceFile;
  readonly userId: string;
  readonly dateFrom: DateFrom;
}

function describedBy(row: TableRow, { file, userId, dateFrom }: Known): SourceEntry {
  const entry = entryOfFile(file, userId);
  const { tags, description, filename, externalId, visibility, metadata } = row;
  return {
    ...entry,
    at: row.createdAt ?? entry.at,
    contentType: row.contentType,
    description: {
      filename: filename ?? entry.description.filename,
      ...(tags !== null && { tags }),
      ...(description !== null && { description }),
      ...(externalId !== null && { externalId }),
      ...(visibility !== null && { visibility }),
      ...(metadata !== null && { metadata }),
    },
    takenAt: dateFrom === 'table' ? row.takenAt : null,
    formerId: row.formerId,
  };
}

async function* once(entry: SourceEntry): AsyncGenerator<SourceEntry> {
  yield entry;
}

async function* rowsOf(table: Table): ReturnType<Table['rows']> {
  const rows = table.rows();
  try {
    for (let next = await onTable(rows.next()); !next.done; next = await onTable(rows.next())) yield next.value;
  } finally {
    await rows.return();
  }
}

/** The work's result, with errors translated. */
const onTable = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    if (error instanceof TableError) throw new AppError('invalid-request', error.message, { cause: error });
    if (errnoOf(error) === undefined) throw error;
    throw new AppError('unavailable', `The table can't be read: ${(error as Error).message}`, { cause: error });
  });
