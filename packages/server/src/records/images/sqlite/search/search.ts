import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Image } from '../../../../domain/image/image.ts';
import { isTakenWithin, type SearchFilter } from '../../../../domain/image/image-filter.ts';
import { hasWords, type SaidByPicture } from '../../../../domain/image/search-words.ts';
import { type Direction, directionOf } from '../../../../domain/lists/list-position.ts';
import { allRows, type Row } from '../../../sqlite/rows.ts';
import { createSnapshot } from '../../../sqlite/snapshot.ts';
import type { UnreadableRecords } from '../../../unreadable-records.ts';
import { storedDetails, storedFacts } from '../../facts-text.ts';
import type { FindQuery, Page } from '../../image-repository.ts';
import { rangeOf } from '../../list-range.ts';
import { idOf, READY_COLUMNS } from '../image-row.ts';
import type { RememberedImages } from '../remembered-images.ts';
import { msAt, type Positions, positionsAt, positionsOf } from './positions.ts';
import { matchOf } from './search-terms.ts';

export type SearchQuery = Extract<FindQuery, SearchFilter>;

export interface SearchOptions {
  /** The limit of records for a page that don't have all of the words, or can't be read. */
  readonly missBudget: number;
  readonly remembered: RememberedImages;
  readonly unreadable: UnreadableRecords;
}

/** Fewer rows would say little about which word is the rarest. */
const FEWEST_CANDIDATES = 100;

/** An image's row in the index. Parameters: the word (`matchOf`), first and last position, limit (-1: none). */
export const candidatesSql = (order: Direction): string => `
  SELECT rowid FROM image_search WHERE image_search MATCH ? AND rowid BETWEEN ? AND ?
  ORDER BY rowid ${order === 'newest' ? 'DESC' : 'ASC'} LIMIT ?`;

/** The records at positions, with their details, in any order. Parameter: these, as JSON. */
export const SEARCHED_RECORDS_SQL = `
  SELECT ${READY_COLUMNS.map((column) => `i.${column}`)}, d.details FROM json_each(?) listed
  CROSS JOIN image_search_rows r ON r.position = listed.value CROSS JOIN images i ON i.n = r.n
  LEFT JOIN image_details d ON d.n = i.n`;

/** Candidates of one word: all up to the end of a millisecond. */
interface Chunk {
  readonly positions: readonly bigint[];
  /** The position behind which the next chunk begins; null if there is none. */
  readonly end: Positions | null;
}

/**
 * Searches an owner's images in rounds. A round asks the index for the next candidates of each word: as many as a page
 * has and one more, at least `FEWEST_CANDIDATES`, in one query, or two if the last millisecond has to be completed. It
 * reads the records of the word whose candidates cover the most time, which is the rarest one there, and compares them
 * with the owner and all words. The page ends with its limit, after `missBudget` records that don't match, or with the
 * candidates, so its cost doesn't depend on how common the words are.
 */
export function createSearch(database: DatabaseSync, { missBudget, remembered, unreadable }: SearchOptions) {
  const candidates = { newest: reading(database, 'newest'), oldest: reading(database, 'oldest') };
  const records = database.prepare(SEARCHED_RECORDS_SQL);
  const inSnapshot = createSnapshot(database);

  const positionsIn = (order: Direction, match: string, { first, last }: Positions, limit: number): bigint[] =>
    allRows(candidates[order], [match, first, last, limit]).map(([position]) => BigInt(position as bigint));

  const readChunk = (query: SearchQuery, match: string, ahead: Positions): Chunk => {
    const order = directionOf(query.order);
    const most = Math.max(query.limit + 1, FEWEST_CANDIDATES);
    const positions = positionsIn(order, match, ahead, most);
    const last = positions.at(-1);
    if (last === undefined || positions.length < most) return { positions, end: null };
    // Ids decide the order within a millisecond, so its images are read together.
    const end = positionsAt(msAt(last));
    const before = positions.filter((position) => position < end.first || position > end.last);
    return { positions: [...before, ...positionsIn(order, match, end, -1)], end };
  };

  const recordsAt = (positions: readonly bigint[], order: Direction): Row[] => {
    const rows = allRows(records, [`[${positions}]`]);
    const sign = order === 'newest' ? -1 : 1;
    return rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -sign : sign));
  };

  const search = (query: SearchQuery): Page => {
    const { limit, words } = query;
    const order = directionOf(query.order);
    const matches = words.map((word) => matchOf(query.userId, word, query));
    const range = rangeOf(query);
    let ahead = positionsOf(range);
    const images: Image[] = [];
    let misses = 0;
    for (;;) {
      const { positions, end } = rarest(
        matches.map((match) => readChunk(query, match, ahead)),
        order,
      );
      for (const row of recordsAt(positions, order)) {
        const id = idOf(row);
        if (id < range.from || id >= range.to) continue;
        const image =
          row[USER_ID] === query.userId && isMatch(row, query)
            ? unreadable.leaveOut(id, () => remembered.imageOf(row))
            : undefined;
        if (image === undefined || !isTakenWithin(image, query)) {
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

/** The chunk that covers the most time. */
function rarest([one, ...others]: readonly Chunk[], order: Direction): Chunk {
  if (one === undefined) throw new Error('expected a word; got none');
  const reaches = ({ end: a, positions }: Chunk, { end: b, positions: than }: Chunk): boolean => {
    if (a === null || b === null) return a === null && (b !== null || positions.length < than.length);
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
