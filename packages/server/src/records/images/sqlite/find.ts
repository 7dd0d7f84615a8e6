import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Image } from '../../../domain/image/image.ts';
import type { ReadyFilter, StatusFilter } from '../../../domain/image/image-filter.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { createSnapshot } from '../../sqlite/snapshot.ts';
import { MAX_UNREADABLE_ON_PAGE, type UnreadableRecords } from '../../unreadable-records.ts';
import { type IdRange, rangeOf } from '../id-range.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { intersect } from '../leapfrog.ts';
import { type FindShape, RECORDS_SQL, readySql, seekSql, statusSql } from './find-statements.ts';
import { idOf, imageOf } from './image-row.ts';
import type { RememberedImages } from './remembered-images.ts';
import { createSearch } from './search/search.ts';

type ReadyQuery = Extract<FindQuery, ReadyFilter>;
type StatusQuery = Extract<FindQuery, StatusFilter>;

/** Reading a record and comparing its words takes 7 µs. */
const LOOKUPS_OF_A_MISS = 4;

export interface FindOptions {
  /** The limit of tag look-ups for a page of an intersection; a search's record that doesn't match counts as four. */
  readonly readBudget: number;
  readonly remembered: RememberedImages;
  readonly unreadable: UnreadableRecords;
}

export function createFind(database: DatabaseSync, { readBudget, remembered, unreadable }: FindOptions) {
  const prepareReady = createPreparer(database, readySql);
  const prepareStatus = createPreparer(database, statusSql);
  const prepareSeek = createPreparer(database, seekSql);
  const records = database.prepare(RECORDS_SQL);
  const inSnapshot = createSnapshot(database);
  const search = createSearch(database, {
    missBudget: Math.ceil(readBudget / LOOKUPS_OF_A_MISS),
    remembered,
    unreadable,
  });

  const readable = (rows: readonly Row[], parse: (row: Row) => Image): Image[] =>
    rows.flatMap((row) => unreadable.leaveOut(idOf(row), () => parse(row)) ?? []);

  const findByStatus = (query: StatusQuery): Part => {
    const { from, to } = rangeOf(query);
    const parameters = [...userOf(query), query.status, from, to, query.limit + 1];
    return partOf(allRows(prepareStatus(shapeOf(query, 0)), parameters), query, (rows) => readable(rows, imageOf));
  };

  const findWithAny = (query: ReadyQuery, tags: readonly string[]): Part => {
    const statement = prepareReady(shapeOf(query, tags.length));
    const range = rangeOf(query);
    const scopes = tags.length === 0 ? scopeOf(query, range) : tags.flatMap((tag) => scopeOf(query, range, tag));
    const rows = allRows(statement, [...scopes, query.limit + 1]);
    return partOf(rows, query, (some) => readable(some, remembered.imageOf));
  };

  const findWithAll = (query: ReadyQuery, tags: readonly string[]): Page => {
    const statement = prepareSeek(shapeOf(query, 1));
    const { order, limit } = query;
    let reads = 0;
    const search = { keys: tags, range: rangeOf(query), order, limit, isSpent: () => reads >= readBudget };
    return inSnapshot(() => {
      const { found, next } = intersect(search, (tag, range) => {
        reads += 1;
        return tagRowOf(firstRow(statement, scopeOf(query, range, tag)));
      });
      const rows = allRows(records, [JSON.stringify(found.map(({ n }) => n))]);
      return { images: readable(rows, remembered.imageOf), next };
    });
  };

  return (query: FindQuery): Page => {
    if (query.status !== 'ready') return fullPage(query, findByStatus);
    if (query.words !== undefined) return search(query);
    const tags = [...new Set(query.tags)];
    if (tags.length > 1 && query.tagMode === 'all') return findWithAll(query, tags);
    return fullPage(query, (part) => findWithAny(part, tags));
  };
}

/** A page without its unreadable records. */
interface Part extends Page {
  readonly leftOut: number;
}

/** Cuts the page from rows with one more than fits. */
const partOf = (rows: readonly Row[], { limit }: FindQuery, read: (rows: readonly Row[]) => Image[]): Part => {
  const fitting = rows.slice(0, limit);
  const images = read(fitting);
  const last = fitting.at(-1);
  return { images, next: rows.length > limit && last ? idOf(last) : null, leftOut: fitting.length - images.length };
};

/** Continues behind unreadable records, up to a limit. */
function fullPage<Query extends FindQuery>(query: Query, find: (query: Query) => Part): Page {
  let { images, next, leftOut } = find(query);
  while (next !== null && images.length < query.limit && leftOut <= MAX_UNREADABLE_ON_PAGE) {
    const more = find({ ...query, after: next, limit: query.limit - images.length });
    images = [...images, ...more.images];
    next = more.next;
    leftOut += more.leftOut;
  }
  return { images, next };
}

const shapeOf = (query: ReadyQuery | StatusQuery, tagCount: number): FindShape => ({
  hasUser: query.userId !== undefined,
  hasType: 'contentType' in query && query.contentType !== undefined,
  tagCount,
  order: query.order,
});

const userOf = ({ userId }: FindQuery): SQLInputValue[] => (userId === undefined ? [] : [userId]);

/** Parameters in the common order of all statements about ready images. */
const scopeOf = (query: ReadyQuery, { from, to }: IdRange, tag?: string): SQLInputValue[] => [
  ...userOf(query),
  ...(tag === undefined ? [] : [tag]),
  ...(query.contentType === undefined ? [] : [query.contentType]),
  from,
  to,
];

const tagRowOf = (row: Row | undefined) => row && { id: row[0] as ImageId, n: Number(row[1]) };

/** One prepared statement per shape of query. */
function createPreparer(database: DatabaseSync, sqlOf: (shape: FindShape) => string) {
  const statements = new Map<string, StatementSync>();
  return (shape: FindShape): StatementSync => {
    const key = `${shape.hasUser} ${shape.hasType} ${shape.tagCount} ${shape.order}`;
    const known = statements.get(key);
    if (known) return known;
    const statement = database.prepare(sqlOf(shape));
    statements.set(key, statement);
    return statement;
  };
}
