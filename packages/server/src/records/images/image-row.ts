import { dueAt, type Image, type ReadyImage, type Status } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { storedInteger, unexpected } from '../stored-values.ts';
import { type Cell, type CellReaders, readerOf, writersOf } from './fields.ts';
import { type CellName, IMAGE_FIELDS, STATUSES } from './image-fields.ts';
import { storedTexts } from './stored-values.ts';

/** A row of SQLite or PostgreSQL, as an array. */
export type Row = readonly unknown[];
type WrittenCell = string | number | null;

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

export type Column = SnakeCase<CellName> | 'due_at';

/** `due_at` has each time at which the sweeper has work, whichever field it is. */
const columnOf = (name: string, status: Status): Column => {
  const isDue = name === 'purgeAt' || name === 'removeAt' || (name === 'maintainAt' && status === 'ready');
  return (isDue ? 'due_at' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) as Column;
};

type CellOf = (image: Image) => Cell | null;

const WRITERS = new Map(
  STATUSES.map((status) => {
    const cells = Object.entries(writersOf<Image>(IMAGE_FIELDS[status]));
    const writers = new Map(cells.map(([name, cellOf]): [Column, CellOf] => [columnOf(name, status), cellOf]));
    return [status, writers.set('due_at', (image) => dueAt(image)?.getTime() ?? null)];
  }),
);

const columnsOf = (status: Status): Column[] => [...(WRITERS.get(status)?.keys() ?? [])];

/** Columns in row order, the id first. */
export const READY_COLUMNS: readonly Column[] = columnsOf('ready').filter((column) => column !== 'status');
export const COLUMNS: readonly Column[] = [...new Set([...READY_COLUMNS, ...STATUSES.flatMap(columnsOf)])];

/** They have 0 where items lack the attribute. */
const ZEROS: ReadonlySet<Column> = new Set(['epoch', 'reserved_bytes']);

/** The record's values for `columns`; null for values that its status doesn't have. */
export const cellsOf = (image: Image, columns: readonly Column[]): WrittenCell[] => {
  const writers = WRITERS.get(image.status);
  return columns.map((column) => {
    const cellOf = writers?.get(column);
    return cellOf ? (inRow(cellOf(image)) ?? (ZEROS.has(column) ? 0 : null)) : null;
  });
};

const inRow = (cell: Cell | null): WrittenCell => {
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  return typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell;
};

const text = (cell: unknown): string => (typeof cell === 'string' ? cell : unexpected('text', kindOf(cell)));
const integer = (cell: unknown): number =>
  storedInteger(typeof cell === 'number' ? cell : unexpected('an integer', kindOf(cell)));
const kindOf = (cell: unknown): string => `a ${typeof cell}`;

const cellsIn = (status: Status): CellReaders<Row> => {
  const reader =
    <Value>(parse: (cell: unknown, name: string) => Value) =>
    (name: string) => {
      const index = COLUMNS.indexOf(columnOf(name, status));
      return (row: Row): Value | null => {
        const cell = row[index];
        return cell === null || cell === undefined ? null : parse(cell, name);
      };
    };
  return {
    text: reader(text),
    hint: reader((cell) => (typeof cell === 'string' ? cell : null)),
    integer: reader(integer),
    flag: reader((cell) => integer(cell) === 1),
    texts: reader((cell, name) => storedTexts(text(cell), name)),
  };
};

const READY = readerOf(cellsIn('ready'), IMAGE_FIELDS.ready);
const READERS: ReadonlyMap<unknown, (row: Row) => Image> = new Map(
  STATUSES.map((status) => [status, readerOf<Row, Image>(cellsIn(status), IMAGE_FIELDS[status])]),
);
const STATUS = COLUMNS.indexOf('status');

/** The id in a row of these columns, whether or not the row is readable. */
export const idOf = ([id]: Row): ImageId => String(id) as ImageId;

/** Parses a row of `READY_COLUMNS`. */
export const readyImageOf = (row: Row): ReadyImage => parsed(row, READY);

/** Parses a row of `COLUMNS`. */
export const imageOf = (row: Row): Image => parsed(row, READERS.get(row[STATUS]) ?? unknownStatus);

const unknownStatus = () => unexpected('a status');

const parsed = <T>(row: Row, parse: (row: Row) => T): T => {
  try {
    return parse(row);
  } catch (cause) {
    throw new Error(`The record of image ${row[0]} is corrupt`, { cause });
  }
};
