import { readFile } from 'node:fs/promises';
import { type Cost, total } from '../../dynamodb/consumed-capacity.fixture.ts';

const DOCUMENT = new URL('../../../../../../docs/operations.md', import.meta.url);

/** The cells of the table below a heading of docs/operations.md, row by row, without its header. */
export async function documentedTable(heading: string): Promise<readonly (readonly string[])[]> {
  const [, section = ''] = (await readFile(DOCUMENT, 'utf8')).split(`\n### ${heading}\n`);
  const [, rows] = /^\|.*\n\|[ |:-]*\n((?:\|.*\n)+)/m.exec(section) ?? [];
  if (rows === undefined) throw new Error(`expected a table below "${heading}" in docs/operations.md`);
  return rows
    .trimEnd()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** A row of the table of costs. */
export interface CostRow {
  readonly pattern: string;
  readonly calls: string;
  readonly readTable: string;
  readonly readIndexes: string;
  readonly writtenTable: string;
  readonly writtenIndexes: string;
  /** Dollars per million. */
  readonly price: string;
}

export const documentedCosts = async (): Promise<readonly CostRow[]> =>
  (await documentedTable('What each access costs')).map(
    ([
      pattern = '',
      calls = '',
      readTable = '',
      readIndexes = '',
      writtenTable = '',
      writtenIndexes = '',
      price = '',
    ]) => ({
      pattern,
      calls,
      readTable,
      readIndexes,
      writtenTable,
      writtenIndexes,
      price,
    }),
  );

/** US dollars per million units on demand in us-east-1. docs/operations.md names their source. */
const READ_PRICE = 0.125;
const WRITE_PRICE = 0.625;

/** The measured cost, formatted like the document. */
export const costRow = (pattern: string, { calls, read, written }: Cost<unknown>): CostRow => ({
  pattern,
  calls: inWords(calls.map(({ operation }) => operation)),
  readTable: unitsIn(read.table),
  readIndexes: unitsIn(read.indexes),
  writtenTable: unitsIn(written.table),
  writtenIndexes: unitsIn(written.indexes),
  price: (total(read) * READ_PRICE + total(written) * WRITE_PRICE).toFixed(2),
});

const unitsIn = (units: number): string => (units === 0 ? '' : String(units));

/** `8 Query, BatchGetItem`: each name once, in order of first use. */
function inWords(operations: readonly string[]): string {
  const counts = Map.groupBy(operations, (operation) => operation);
  return [...counts].map(([operation, { length }]) => (length === 1 ? operation : `${length} ${operation}`)).join(', ');
}
