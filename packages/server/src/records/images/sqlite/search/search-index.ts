import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Details } from '../../../../domain/facts/facts.ts';
import { type Image, isDetailed } from '../../../../domain/image/image.ts';
import { searchedWords } from '../../../../domain/image/search-words.ts';
import { firstRow } from '../../../sqlite/rows.ts';
import { termsOf } from '../../search-terms.ts';
import { type DetailsOfRow, detailsIn } from '../details-rows.ts';
import { msOf, positionsAt } from './positions.ts';

const INSERT_TERMS = 'INSERT INTO image_search (rowid, terms) VALUES (?, ?)';
const INSERT_ROW = 'INSERT INTO image_search_rows (position, n) VALUES (?, ?)';

/**
 * Keeps the words of ready images in the index. Call it inside the transaction that changes the record in row `n`,
 * before its details change.
 */
export function createSearchIndex(database: DatabaseSync) {
  const insertTerms = withBigInts(database, INSERT_TERMS);
  // The index stores no text, so FTS5 needs the removed terms.
  const deleteTerms = withBigInts(
    database,
    "INSERT INTO image_search (image_search, rowid, terms) VALUES ('delete', ?, ?)",
  );
  const insertRow = withBigInts(database, INSERT_ROW);
  const forgetLastRow = createLastRow(database);
  const deleteRow = database.prepare('DELETE FROM image_search_rows WHERE n = ?');
  const rowOf = withBigInts(database, 'SELECT position FROM image_search_rows WHERE n = ?');
  const detailsOf = database.prepare('SELECT details FROM image_details WHERE n = ?');
  const lastOf = withBigInts(database, 'SELECT max(position) FROM image_search_rows WHERE position BETWEEN ? AND ?');

  /** Behind the last of its millisecond: any order, since a page sorts these by id. */
  const added = (image: Image, n: number): bigint => {
    const { first, last } = positionsAt(msOf(image.id));
    const position = (bigintOf(lastOf, [first, last]) ?? first - 1n) + 1n;
    insertRow.run(position, n);
    return position;
  };

  /** Those before this write. */
  const storedDetails = (image: Image, n: number): Details | null =>
    isDetailed(image) ? detailsIn(firstRow(detailsOf, [n])) : null;

  return (from: Image | undefined, to: Image, { details, n }: DetailsOfRow): void => {
    if (from && details === undefined && isSameText(from, to)) return;
    const stored = from ? storedDetails(from, n) : null;
    const before = indexedTerms(from, stored);
    const after = indexedTerms(to, details === undefined ? stored : details);
    const [removed, missing] = [[...before.difference(after)], [...after.difference(before)]];
    if (removed.length + missing.length === 0) return;
    try {
      const position = before.size > 0 ? bigintOf(rowOf, [n]) : added(to, n);
      if (position === undefined) throw new Error(`expected image ${to.id} in the search index; got none`);
      // FTS5 counts rows by these commands, so an image that stays takes both.
      if (before.size > 0) deleteTerms.run(position, removed.join(' '));
      if (after.size > 0) insertTerms.run(position, missing.join(' '));
      else deleteRow.run(n);
    } finally {
      forgetLastRow();
    }
  };
}

const NO_TERMS: ReadonlySet<string> = new Set();

function indexedTerms(image: Image | undefined, details: Details | null): ReadonlySet<string> {
  if (image?.status !== 'ready') return NO_TERMS;
  return termsOf(image.userId, searchedWords(image, { facts: image.facts, details }));
}

const isSameText = (from: Image, to: Image): boolean =>
  from.status === to.status &&
  from.filename === to.filename &&
  from.description === to.description &&
  cameraOf(from) === cameraOf(to);

const cameraOf = (image: Image): string | null => ('facts' in image ? (image.facts?.camera ?? null) : null);

/**
 * Positions exceed the integers that a number can hold, also as the row id of an insert, which Node returns with it.
 */
function withBigInts(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

/**
 * From version 26 `run()` of every statement of the connection throws while the row id of the last insert is a
 * position. The returned function makes it 1.
 */
function createLastRow(database: DatabaseSync): () => void {
  database.exec('CREATE TEMP TABLE IF NOT EXISTS last_row (n INTEGER PRIMARY KEY)');
  const insert = withBigInts(database, 'INSERT OR REPLACE INTO temp.last_row (n) VALUES (1)');
  return () => void insert.run();
}

function bigintOf(statement: StatementSync, parameters: readonly (bigint | number)[]): bigint | undefined {
  const value = firstRow(statement, parameters)?.[0];
  return typeof value === 'bigint' ? value : undefined;
}
