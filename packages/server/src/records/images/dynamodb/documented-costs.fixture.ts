import { readFile } from 'node:fs/promises';
import { type Cost, total, type Units } from '../../dynamodb/consumed-capacity.fixture.ts';

export const DOCUMENT = new URL('../../../../../../docs/capacity.md', import.meta.url);

/** The cells of the table below a heading of docs/capacity.md, row by row, without its header. */
export async function documentedTable(heading: string): Promise<readonly (readonly string[])[]> {
  const [, section = ''] = (await readFile(DOCUMENT, 'utf8')).split(`\n## ${heading}\n`);
  const [, rows] = /^\|.*\n\|[ |:-]*\n((?:\|.*\n)+)/m.exec(section) ?? [];
  if (rows === undefined) throw new Error(`expected a table below "${heading}" in docs/capacity.md`);
  return rows
    .trimEnd()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** A row of the table of costs. */
export interface CostRow {
  readonly calls: string;
  readonly read: string;
  /** `26+5`: in the table and in its indexes. */
  readonly written: string;
  /** Dollars per million. */
  readonly price: string;
}

/** By the name of the access; a row may name several. */
export async function documentedCosts(): Promise<ReadonlyMap<string, CostRow>> {
  const rows = await documentedTable('What each access costs');
  return new Map(
    rows.flatMap(([names = '', calls = '', read = '', written = '', price = '']) =>
      names.split('; ').map((name) => [name, { calls, read, written, price }] as const),
    ),
  );
}

/** US dollars per million units on demand in us-east-1. docs/capacity.md names their source. */
const READ_PRICE = 0.125;
const WRITE_PRICE = 0.625;

/** The measured cost, formatted like the document. */
export const costRow = ({ calls, read, written }: Cost<unknown>): CostRow => ({
  calls: inWords(calls.map(({ operation }) => operation)),
  read: unitsIn(total(read)),
  written: writtenIn(written),
  price: (total(read) * READ_PRICE + total(written) * WRITE_PRICE).toFixed(2),
});

export const writtenIn = ({ table, indexes }: Units): string =>
  indexes === 0 ? unitsIn(table) : `${table}+${indexes}`;

export function parseWritten(written: string): Units {
  const [table = 0, indexes = 0] = written.split('+').map(Number);
  return { table, indexes };
}

const unitsIn = (units: number): string => (units === 0 ? '' : String(units));

/** `8 Query, BatchGetItem`: each name once, in order of first use. */
function inWords(operations: readonly string[]): string {
  const counts = Map.groupBy(operations, (operation) => operation);
  return [...counts].map(([operation, { length }]) => (length === 1 ? operation : `${length} ${operation}`)).join(', ');
}
