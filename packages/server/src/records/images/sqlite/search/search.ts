import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Image } from '../../../../domain/image/image.ts';
import { hasCommon, isTakenWithin, type SearchFilter } from '../../../../domain/image/image-filter.ts';
import { hasWords, type SaidByPicture } from '../../../../domain/image/search-words.ts';
import { type Direction, directionOf } from '../../../../domain/lists/list-position.ts';
import { allRows, type Row } from '../../../sqlite/rows.ts';
import { createSnapshot } from '../../../sqlite/snapshot.ts';
import type { UnreadableRecords } from '../../../unreadable-records.ts';
import { storedDetails, storedFacts } from '../../facts-text.ts';
import type { FindQuery, Page } from '../../image-repository.ts';
import { idOf, READY_COLUMNS } from '../../image-row.ts';
import { rangeOf } from '../../list-range.ts';
import type { RememberedImages } from '../../remembered-images.ts';
import { matchOf } from '../../search-terms.ts';
import { tagRowsSql, typeRowsSql } from '../find-statements.ts';
import { idsOf, msAt, msOf, type Positions, positionsAt, positionsOf } from './positions.ts';

export type SearchQuery = Extract<FindQuery, SearchFilter>;

export interface SearchOptions {
  /** The limit of records for a page that don't have all of the words, or can't be read. */
  readonly missBudget: number;
  readonly remembered: RememberedImages;
  readonly unreadable: UnreadableRecords;
}

/** Fewer rows would say little about which word is the rarest. */
const FEWEST_CANDIDATES = 100;

/** Tags whose candidates a round reads; records tell of the others. */
const MAX_TAG_SOURCES = 3;

/** An image's row in the index. Parameters: the word (`matchOf`), first and last position, limit (-1: none). */
export const candidatesSql = (order: Direction): string => `
  SELECT rowid FROM image_search WHERE image_search MATCH ? AND rowid BETWEEN ? AND ?
  ORDER BY rowid ${order === 'newest' ? 'DESC' : 'ASC'} LIMIT ?`;

const SEARCHED_COLUMNS = `${READY_COLUMNS.map((column) => `i.${column}`)}, d.details`;

/** The records at positions, with their details, in any order. Parameter: these, as JSON. */
export const SEARCHED_RECORDS_SQL = `
  SELECT ${SEARCHED_COLUMNS} FROM json_each(?) listed
  CROSS JOIN image_search_rows r ON r.position = listed.value CROSS JOIN images i ON i.n = r.n
  LEFT JOIN image_details d ON d.n = i.n`;

/** The records in rows, as `SEARCHED_RECORDS_SQL`. Parameter: the row numbers, as JSON. */
export const SEARCHED_ROWS_SQL = `
  SELECT ${SEARCHED_COLUMNS} FROM json_each(?) listed CROSS JOIN images i ON i.n = listed.value
  LEFT JOIN image_details d ON d.n = i.n`;

/** Candidates of one word, tag or type: all up to the end of a millisecond. */
interface Chunk {
  readonly count: number;
  /** In any order. */
  readonly records: () => readonly Row[];
  /** The position behind which the next chunk begins; null if there is none. */
  readonly end: Positions | null;
}

/** What a word, a tag or a type finds. */
type Source = (ahead: Positions) => Chunk;

/** `limit` -1: all. */
interface Reading<Candidate> {
  readonly read: (range: Positions, limit: number) => readonly Candidate[];
  readonly msAt: (candidate: Candidate) => bigint;
  readonly records: (candidates: readonly Candidate[]) => readonly Row[];
}

/**
 * Searches an owner's images in rounds. A round asks the indexes for the next candidates of each word, and of each tag
 * or the type that images must have: as many as a page has and one more, at least `FEWEST_CANDIDATES`, in one query, or
 * two if the last millisecond has to be completed. It reads the records of those candidates that cover the most time,
 * which are the rarest there, and compares them with the owner, all words and all filters. The page ends with its
 * limit, after `missBudget` records that don't match, or with the candidates, so its cost doesn't depend on how common
 * the words are.
 */
export function createSearch(database: DatabaseSync, { missBudget, remembered, unreadable }: SearchOptions) {
  const candidates = forBoth((order) => reading(database, order));
  const records = database.prepare(SEARCHED_RECORDS_SQL);
  const recordsOfRows = database.prepare(SEARCHED_ROWS_SQL);
  const tagged = forBoth((direction) => ({
    ofAnyType: database.prepare(tagRowsSql({ hasUser: true, hasType: false, tagCount: 1, direction })),
    ofOneType: database.prepare(tagRowsSql({ hasUser: true, hasType: true, tagCount: 1, direction })),
  }));
  const typed = forBoth((direction) => database.prepare(typeRowsSql(direction)));
  const inSnapshot = createSnapshot(database);

  const byWord = (query: SearchQuery, word: string): Source => {
    const match = matchOf(query.userId, word, query);
    const statement = candidates[directionOf(query.order)];
    return sourceOf<bigint>(query, {
      read: ({ first, last }, limit) =>
        allRows(statement, [match, first, last, limit]).map(([position]) => BigInt(position as bigint)),
      msAt,
      records: (positions) => allRows(records, [`[${positions}]`]),
    });
  };

  const byRows = (query: SearchQuery, statement: StatementSync, scope: readonly string[]): Source =>
    sourceOf<Row>(query, {
      read(range, limit) {
        const { from, to } = idsOf(range);
        return allRows(statement, [query.userId, ...scope, from, to, limit]);
      },
      msAt: ([id]) => msOf(String(id)),
      records: (rows) => allRows(recordsOfRows, [`[${rows.map(([, n]) => n)}]`]),
    });

  /** An image must be in each of them. */
  const sourcesOf = (query: SearchQuery): Source[] => {
    const { words, tags, tagMode, contentType } = query;
    const order = directionOf(query.order);
    const required = tagMode === 'all' || tags.length === 1 ? tags.slice(0, MAX_TAG_SOURCES) : [];
    const { ofAnyType, ofOneType } = tagged[order];
    const byTags = required.map((tag) =>
      contentType === undefined ? byRows(query, ofAnyType, [tag]) : byRows(query, ofOneType, [tag, contentType]),
    );
    const byType = contentType !== undefined && byTags.length === 0 ? [byRows(query, typed[order], [contentType])] : [];
    return [...words.map((word) => byWord(query, word)), ...byTags, ...byType];
  };

  const search = (query: SearchQuery): Page => {
    const { limit } = query;
    const order = directionOf(query.order);
    const sources = sourcesOf(query);
    const range = rangeOf(query);
    let ahead = positionsOf(range);
    const images: Image[] = [];
    let misses = 0;
    for (;;) {
      const chunk = rarest(
        sources.map((source) => source(ahead)),
        order,
      );
      const { end } = chunk;
      for (const row of inOrder(chunk.records(), order)) {
        const id = idOf(row);
        if (id < range.from || id >= range.to) continue;
        const image =
          row[USER_ID] === query.userId && isMatch(row, query)
            ? unreadable.leaveOut(id, () => remembered.imageOf(row))
            : undefined;
        if (image === undefined || !isTakenWithin(image, query) || !hasCommon(image, query)) {
          misses += 1;
          if (misses === missBudget) return { images, next: id };
        } else if (images.length === limit) {
          return { images, next: images.at(-1)?.id ?? null };
        } else {
          images.push(image);
        }
      }
      if (end === null) return { images, next: null };
      ahead = order === 'newest' ? { ...ahead, last: end.first - 1n } : { ...ahead, first: end.last + 1n };
    }
  };

  return (query: SearchQuery): Page => inSnapshot(() => search(query));
}

const sourceOf =
  <Candidate>(query: SearchQuery, { read, msAt: msOfOne, records }: Reading<Candidate>): Source =>
  (ahead) => {
    const most = Math.max(query.limit + 1, FEWEST_CANDIDATES);
    const met = read(ahead, most);
    const last = met.at(-1);
    if (last === undefined || met.length < most) return { count: met.length, records: () => records(met), end: null };
    // Ids decide the order within a millisecond, so its images are read together.
    const endMs = msOfOne(last);
    const end = positionsAt(endMs);
    const all = [...met.filter((one) => msOfOne(one) !== endMs), ...read(end, -1)];
    return { count: all.length, records: () => records(all), end };
  };

function inOrder(rows: readonly Row[], order: Direction): Row[] {
  const sign = order === 'newest' ? -1 : 1;
  return rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -sign : sign));
}

const forBoth = <Made>(make: (order: Direction) => Made): Record<Direction, Made> => ({
  newest: make('newest'),
  oldest: make('oldest'),
});

/** The chunk that covers the most time. */
function rarest([one, ...others]: readonly Chunk[], order: Direction): Chunk {
  if (one === undefined) throw new Error('expected a word, tag or type; got none');
  const reaches = ({ end: a, count }: Chunk, { end: b, count: than }: Chunk): boolean => {
    if (a === null || b === null) return a === null && (b !== null || count < than);
    return order === 'newest' ? a.first < b.first : a.first > b.first;
  };
  return others.reduce((best, next) => (reaches(next, best) ? next : best), one);
}

const USER_ID = READY_COLUMNS.indexOf('user_id');
const FILENAME = READY_COLUMNS.indexOf('filename');
const DESCRIPTION = READY_COLUMNS.indexOf('description');
const FACTS = READY_COLUMNS.indexOf('facts');
const DETAILS = READY_COLUMNS.length;

/** A record that can't be read has these texts too. */
function isMatch(row: Row, { words, searchesFacts }: SearchQuery): boolean {
  const searched = { filename: String(row[FILENAME]), description: textOf(row[DESCRIPTION]) };
  return hasWords(searched, words, searchesFacts ? saidIn(row) : undefined);
}

function saidIn(row: Row): SaidByPicture {
  const [facts, details] = [textOf(row[FACTS]), textOf(row[DETAILS])];
  return {
    facts: facts === null ? null : storedFacts(facts),
    details: details === null ? null : storedDetails(details),
  };
}

const textOf = (cell: Row[number] | undefined): string | null => (typeof cell === 'string' ? cell : null);

function reading(database: DatabaseSync, order: Direction): StatementSync {
  const statement = database.prepare(candidatesSql(order));
  statement.setReadBigInts(true);
  return statement;
}
