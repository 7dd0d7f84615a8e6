/**
 * Reads tables of images: CSV (RFC 4180) or NDJSON, one row for each file. packages/cli/src/import/table-rows.ts is a
 * copy that `npm run generate` writes, so this file imports nothing of the service.
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a table says of a file. null: the cell is empty, or there is no such column. */
export interface TableRow {
  /** Counts from 1. */
  readonly line: number;
  readonly path: string;
  readonly userId: string | null;
  readonly tags: readonly string[] | null;
  readonly description: string | null;
  readonly filename: string | null;
  readonly createdAt: Date | null;
  /** What the picture's clock showed, without a zone. */
  readonly takenAt: string | null;
  readonly contentType: string | null;
  readonly externalId: string | null;
  readonly visibility: 'private' | 'public' | null;
  readonly formerId: string | null;
  readonly metadata: { readonly [name: string]: Json } | null;
}

/** A row that can't be used. */
export interface RowFault {
  /** As `table.csv line 17, column tags`. */
  readonly place: string;
  /** Starts with "expected". */
  readonly fault: string;
  /** The file that the row names; undefined: it names none. */
  readonly path: string | undefined;
}

/** Errors of all methods: `TableError`, and those of the file system. */
export interface Table {
  /** The name of the file. */
  readonly name: string;
  /** undefined: each row names its own. */
  readonly columns: readonly string[] | undefined;
  /** In their order, one in memory at a time. */
  rows(): AsyncGenerator<TableRow | RowFault, void, void>;
  placeOf(row: TableRow, column?: string): string;
}

/** The table can't be read on, or not at all. The message names the line. */
export class TableError extends Error {
  override readonly name = 'TableError';
}

export const isRowFault = (one: TableRow | RowFault): one is RowFault => 'fault' in one;

/** The most that a row may have, so that a forged table can't fill the memory. */
const MAX_ROW_BYTES = 1_048_576;
const METADATA = 'metadata.';

/** Opens a table and reads its first line. Errors: `TableError` if its columns aren't those of a table. */
export async function openTable(path: string): Promise<Table> {
  const name = basename(path);
  const read = /\.csv$/i.test(name) ? readCsv : /\.(?:ndjson|jsonl)$/i.test(name) ? readNdjson : undefined;
  if (!read) throw new TableError(`${name}: expected a table whose name ends in .csv, .ndjson or .jsonl`);
  const records = () => read(createReadStream(path), name);

  let columns: readonly string[] | undefined;
  for await (const first of records()) {
    columns = 'cells' in first ? [...first.cells.keys()] : [];
    requireColumns(columns, `${name} line ${first.line}`);
    break;
  }
  if (!columns) throw new TableError(`${name}: expected a table with a column path; got an empty file`);

  return {
    name,
    columns: read === readCsv ? columns : undefined,
    placeOf: ({ line }, column) => placeIn(name, line, column),
    async *rows() {
      let isHeader = read === readCsv;
      for await (const record of records()) {
        if (!isHeader) yield rowOf(name, record);
        isHeader = false;
      }
    },
  };
}

const placeIn = (name: string, line: number, column?: string): string =>
  `${name} line ${line}${column === undefined ? '' : `, column ${column}`}`;

interface Cells {
  readonly line: number;
  /** By column; a CSV's first are the columns themselves. */
  readonly cells: ReadonlyMap<string, unknown>;
}

/** A row whose cells can't be told apart. */
interface Unreadable {
  readonly line: number;
  readonly fault: string;
}

async function* readCsv(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Cells | Unreadable> {
  /** On which the row before ended. */
  let lastLine = 0;
  /** csv-parse counts a carriage return in a cell as a line. */
  let returns = 0;
  const parser = parse({
    ...{ bom: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] },
    max_record_size: MAX_ROW_BYTES,
    on_record(cells: readonly string[], { lines }) {
      const [ends, more] = [countIn(cells, '\n'), countIn(cells, '\r')];
      returns += more;
      lastLine = lines - returns;
      return [String(lastLine - ends), ...cells];
    },
  });
  pipeline(source, parser, () => undefined); // an error of the source ends the loop below too
  let columns: readonly string[] | undefined;
  try {
    for await (const [first, ...cells] of parser as AsyncIterable<readonly string[]>) {
      const line = Number(first);
      columns ??= requireOnce(
        cells.map((column) => column.trim()),
        placeIn(name, line),
      );
      if (cells.length === columns.length) yield { line, cells: new Map(columns.map((one, nth) => [one, cells[nth]])) };
      else yield { line, fault: `expected ${columns.length} cells, as the first line has; got ${cells.length}` };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Errors come before the rows of the same chunk, and a missing quote is found at the end of what it swallowed.
    const hasNoEnd = error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE';
    const line = hasNoEnd ? lastLine + 1 : Number(error['lines']) - returns;
    const fault = hasNoEnd
      ? `a row of at most ${MAX_ROW_BYTES} bytes, with an end of each quote; got none`
      : 'CSV (RFC 4180); got a quote inside a cell without quotes, or text behind one with them';
    throw new TableError(`${placeIn(name, line)}: expected ${fault}`, { cause: error });
  }
}

const countIn = (cells: readonly string[], character: string): number =>
  cells.reduce((sum, cell) => (cell.includes(character) ? sum + cell.split(character).length - 1 : sum), 0);

async function* readNdjson(source: AsyncIterable<Uint8Array>): AsyncGenerator<Cells | Unreadable> {
  for await (const { line, text } of linesOf(source)) {
    if (text === undefined) yield { line, fault: `expected rows of at most ${MAX_ROW_BYTES} bytes; got more` };
    else if (text.trim() !== '') yield { line, ...cellsIn(text) };
  }
}

function cellsIn(text: string): Pick<Cells, 'cells'> | Pick<Unreadable, 'fault'> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return { cells: new Map(Object.entries(value)) };
  } catch {
    // told below
  }
  return { fault: `expected one JSON object on the line; got ${preview(text)}` };
}

/** undefined: the line is longer than a row may be. */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<{ line: number; text: string | undefined }> {
  let [line, bytes] = [1, 0];
  let parts: Uint8Array[] = [];
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= MAX_ROW_BYTES) parts.push(part);
    else parts = [];
  };
  const taken = () => {
    const text = bytes > MAX_ROW_BYTES ? undefined : UTF_8.decode(Buffer.concat(parts));
    [bytes, parts] = [0, []];
    return { line: line++, text };
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      yield taken();
    }
    take(chunk.subarray(start));
  }
  if (bytes > 0) yield taken();
}

const LINE_END = 0x0a;
/** Without a byte order mark; of other bytes it makes U+FFFD. */
const UTF_8 = new TextDecoder();

/** Errors: `TableError`. */
function requireOnce(columns: readonly string[], place: string): readonly string[] {
  const twice = columns.find((one, nth) => columns.indexOf(one) !== nth);
  if (twice === undefined) return columns;
  throw new TableError(`${place}: expected each column once; got ${preview(twice)} twice`);
}

/** Errors: `TableError`. */
function requireColumns(columns: readonly string[], place: string): void {
  const unknown = columns.find((one) => !isColumn(one));
  if (unknown !== undefined)
    throw new TableError(
      `${place}: expected columns among ${Object.keys(COLUMNS).join(', ')} and metadata.NAME; got ${preview(unknown)}`,
    );
  if (!columns.includes('path'))
    throw new TableError(`${place}: expected a column path; got ${columns.join(', ') || 'none'}`);
}

function rowOf(name: string, record: Cells | Unreadable): TableRow | RowFault {
  const { line } = record;
  if ('fault' in record) return { place: placeIn(name, line), fault: record.fault, path: undefined };
  const { cells } = record;
  const named = cells.get('path');
  const path = typeof named === 'string' && named !== '' ? named : undefined;
  try {
    const unknown = cells.keys().find((one) => !isColumn(one));
    if (unknown !== undefined)
      throw new CellFault(undefined, `expected only columns of a table; got ${preview(unknown)}`);
    const cell = <Value>(column: string, parseCell: (cell: unknown) => Value): Value | null => {
      const value = cells.get(column) ?? null;
      try {
        if (typeof value === 'string') requireUtf8(value);
        return value === null || value === '' ? null : parseCell(value);
      } catch (error) {
        throw error instanceof CellFault ? new CellFault(column, error.message) : error;
      }
    };
    const found = cell('path', COLUMNS.path);
    if (found === null) throw new CellFault('path', 'expected the path of a file; got nothing');
    return {
      line,
      path: found,
      userId: cell('user_id', COLUMNS.user_id),
      tags: cell('tags', COLUMNS.tags),
      description: cell('description', COLUMNS.description),
      filename: cell('filename', COLUMNS.filename),
      createdAt: cell('created_at', COLUMNS.created_at),
      takenAt: cell('taken_at', COLUMNS.taken_at),
      contentType: cell('content_type', COLUMNS.content_type),
      externalId: cell('external_id', COLUMNS.external_id),
      visibility: cell('visibility', COLUMNS.visibility),
      formerId: cell('former_id', COLUMNS.former_id),
      metadata: metadataOf(cells, cell),
    };
  } catch (error) {
    if (!(error instanceof CellFault)) throw error;
    return { place: placeIn(name, line, error.column), fault: error.message, path };
  }
}

/** The column `metadata`, an object, and those of single names. */
function metadataOf(
  cells: ReadonlyMap<string, unknown>,
  cell: <Value>(column: string, parseCell: (cell: unknown) => Value) => Value | null,
): TableRow['metadata'] {
  const single = [...cells.keys()].flatMap((column): [string, Json][] => {
    const value = column.startsWith(METADATA) ? cell(column, (one) => one as Json) : null;
    return value === null ? [] : [[column.slice(METADATA.length), value]];
  });
  const all = [...Object.entries(cell('metadata', COLUMNS.metadata) ?? {}), ...single];
  return all.length === 0 ? null : Object.fromEntries(all); // which takes __proto__ for a name
}

class CellFault extends Error {
  readonly column: string | undefined;
  constructor(column: string | undefined, message: string) {
    super(message);
    this.column = column;
  }
}

const refused = (expected: string, cell: unknown): CellFault =>
  new CellFault(undefined, `${expected}; got ${preview(cell)}`);

function requireUtf8(text: string): void {
  if (text.includes('\uFFFD')) throw refused('expected text in UTF-8', text);
}

/** Databases number their rows: a number that JavaScript has exactly is a text too. */
function textOf(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  if (Number.isSafeInteger(cell)) return String(cell);
  throw refused('expected a text', cell);
}

const TAGS = 'expected tags as a JSON array, or separated by commas or semicolons';

function tagsOf(cell: unknown): readonly string[] {
  if (typeof cell === 'string' && cell.startsWith('{'))
    throw refused(`${TAGS} (of PostgreSQL's arrays makes array_to_json one)`, cell);
  const given = typeof cell === 'string' && cell.trimStart().startsWith('[') ? jsonOf(cell, TAGS) : cell;
  const tags = typeof given === 'string' ? given.split(/[,;]/).map((tag) => tag.trim()) : given;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) throw refused(TAGS, cell);
  return tags.filter((tag) => tag !== '');
}

const TIME = 'expected a time, as 2024-05-01T12:00:00Z, or seconds or milliseconds since 1970';
const ISO_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?\s?(Z|UTC|([+-]\d\d)(?::?(\d\d))?)?)?$/;
/** A year, more likely than a second of the first hours of 1970. */
const isYear = (number: number): boolean => number >= 1_000 && number <= 9_999;
/** As seconds after the year 5000, as milliseconds of 1973. */
const FIRST_MILLISECONDS = 1e11;

/** A time without a zone is UTC. */
function timeOf(cell: unknown): Date {
  const number =
    typeof cell === 'number' ? cell : /^-?\d{1,15}(?:\.\d{1,9})?$/.test(textOf(cell)) ? Number(cell) : undefined;
  if (number !== undefined && isYear(number)) throw refused(TIME, cell);
  const time = new Date(
    number === undefined ? isoTimeOf(textOf(cell)) : Math.abs(number) < FIRST_MILLISECONDS ? number * 1000 : number,
  );
  if (Number.isNaN(time.getTime())) throw refused(TIME, cell);
  return time;
}

/** Milliseconds since 1970; NaN: no calendar or clock shows it. */
function isoTimeOf(text: string): number {
  const [, day, minutes = '00:00', seconds = ':00', fraction = '', , hours, rest = '00'] =
    ISO_TIME.exec(text.trim()) ?? [];
  if (day === undefined || new Date(`${day}T00:00Z`).getUTCDate() !== Number(day.slice(8))) return Number.NaN;
  return Date.parse(
    `${day}T${minutes}${seconds}${fraction.slice(0, 4)}${hours === undefined ? 'Z' : `${hours}:${rest}`}`,
  );
}

const CLOCK = "expected what the picture's clock showed, as 2024-05-01T12:00:00";
const CLOCK_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)\d{0,6}\s?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** Without the zone, which a clock doesn't show. */
function clockOf(cell: unknown): string {
  const [, day, time] = CLOCK_TIME.exec(textOf(cell).trim()) ?? [];
  if (day === undefined) throw refused(CLOCK, cell);
  return time === undefined ? day : `${day}T${time}`;
}

const UUID_4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

function formerIdOf(cell: unknown): string {
  const text = textOf(cell);
  if (!UUID_4.test(text)) throw refused('expected a UUID of version 4', cell);
  return text.toLowerCase();
}

function visibilityOf(cell: unknown): 'private' | 'public' {
  if (cell !== 'private' && cell !== 'public') throw refused('expected private or public', cell);
  return cell;
}

const OBJECT = 'expected a JSON object';

function objectOf(cell: unknown): { readonly [name: string]: Json } {
  const value = typeof cell === 'string' ? jsonOf(cell, OBJECT) : cell;
  if (!isObject(value)) throw refused(OBJECT, cell);
  return value as { readonly [name: string]: Json };
}

const COLUMNS = {
  path: textOf,
  user_id: textOf,
  tags: tagsOf,
  description: textOf,
  filename: textOf,
  created_at: timeOf,
  taken_at: clockOf,
  content_type: textOf,
  external_id: textOf,
  visibility: visibilityOf,
  former_id: formerIdOf,
  metadata: objectOf,
} as const satisfies Readonly<Record<string, (cell: unknown) => unknown>>;

const isColumn = (name: string): boolean =>
  Object.hasOwn(COLUMNS, name) || (name.startsWith(METADATA) && name.length > METADATA.length);

function jsonOf(text: string, expected: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(expected, text);
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const PREVIEW_LENGTH = 60;

const preview = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > PREVIEW_LENGTH ? `${text.slice(0, PREVIEW_LENGTH)}...` : text;
};
