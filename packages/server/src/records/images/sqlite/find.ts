import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Image } from '../../../domain/image/image.ts';
import type { ReadyFilter, StatusFilter } from '../../../domain/image/image-filter.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import type { MetadataFilter } from '../../../domain/metadata/metadata-filters.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { createSnapshot } from '../../sqlite/snapshot.ts';
import { MAX_UNREADABLE_ON_PAGE, type UnreadableRecords } from '../../unreadable-records.ts';
import { type IdRange, type Order, rangeOf } from '../id-range.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { intersect } from '../leapfrog.ts';
import {
  type FindShape,
  metadataSeekSql,
  metadataSql,
  RECORDS_SQL,
  readySql,
  seekSql,
  statusSql,
  typeSeekSql,
} from './find-statements.ts';
import { idOf, imageOf } from './image-row.ts';
import type { RememberedImages } from './remembered-images.ts';
import { createSearch } from './search/search.ts';

type ReadyQuery = Extract<FindQuery, ReadyFilter>;
type StatusQuery = Extract<FindQuery, StatusFilter>;

/** Reading a record and comparing its words takes 7 µs. */
const LOOKUPS_OF_A_MISS = 4;

export interface FindOptions {
  /** The limit of index look-ups for a page of an intersection; a search's record that doesn't match counts as four. */
  readonly readBudget: number;
  readonly remembered: RememberedImages;
  readonly unreadable: UnreadableRecords;
}

export function createFind(database: DatabaseSync, { readBudget, remembered, unreadable }: FindOptions) {
  const prepareReady = createPreparer(database, readySql);
  const prepareStatus = createPreparer(database, statusSql);
  const prepareSeek = createPreparer(database, seekSql);
  const metadataWalks = prepareBoth(database, metadataSql);
  const metadataSeeks = prepareBoth(database, metadataSeekSql);
  const typeSeeks = prepareBoth(database, typeSeekSql);
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

  const findWithValue = (query: ReadyQuery, { name, value }: MetadataFilter): Part => {
    const { from, to } = rangeOf(query);
    const rows = allRows(metadataWalks[query.order], [...userOf(query), name, value, from, to, query.limit + 1]);
    return partOf(rows, query, (some) => readable(some, remembered.imageOf));
  };

  const findInAll = (query: ReadyQuery, lists: readonly List[]): Page => {
    const { order, limit } = query;
    let reads = 0;
    const search = { keys: lists, range: rangeOf(query), order, limit, isSpent: () => reads >= readBudget };
    return inSnapshot(() => {
      const { found, next } = intersect(search, (list, range) => {
        reads += list.reads;
        return list.seek(range);
      });
      const rows = allRows(records, [JSON.stringify(found.map(({ n }) => n))]);
      return { images: readable(rows, remembered.imageOf), next };
    });
  };

  const taggedWith = (query: ReadyQuery, tag: string): List => {
    const statement = prepareSeek(shapeOf(query, 1));
    return { reads: 1, seek: (range) => listedRowOf(firstRow(statement, scopeOf(query, range, tag))) };
  };

  const taggedWithAny = (query: ReadyQuery, tags: readonly string[]): List => {
    const lists = tags.map((tag) => taggedWith(query, tag));
    return {
      reads: lists.length,
      seek: (range) =>
        nearest(
          lists.flatMap((list) => list.seek(range) ?? []),
          query.order,
        ),
    };
  };

  const ofType = (query: ReadyQuery): List => ({
    reads: 1,
    seek: (range) => listedRowOf(firstRow(typeSeeks[query.order], scopeOf(query, range))),
  });

  const withValue = (query: ReadyQuery, { name, value }: MetadataFilter): List => ({
    reads: 1,
    seek: ({ from, to }) =>
      listedRowOf(firstRow(metadataSeeks[query.order], [...userOf(query), name, value, from, to])),
  });

  /** The lists by tag have the type too. */
  const findWithValues = (query: ReadyQuery, filters: readonly MetadataFilter[], tags: readonly string[]): Page => {
    if (query.userId === undefined) throw new Error('expected an owner with a filter by metadata; got none');
    const [only, ...others] = filters;
    if (only && others.length === 0 && tags.length === 0 && query.contentType === undefined)
      return fullPage(query, (part) => findWithValue(part, only));
    const byTag =
      query.tagMode === 'all' || tags.length === 1
        ? tags.map((tag) => taggedWith(query, tag))
        : tags.length > 1
          ? [taggedWithAny(query, tags)]
          : [];
    const byType = tags.length === 0 && query.contentType !== undefined ? [ofType(query)] : [];
    return findInAll(query, [...filters.map((filter) => withValue(query, filter)), ...byTag, ...byType]);
  };

  return (query: FindQuery): Page => {
    if (query.status !== 'ready') return fullPage(query, findByStatus);
    if (query.words !== undefined) return search(query);
    const tags = [...new Set(query.tags)];
    if (query.metadata !== undefined && query.metadata.length > 0) return findWithValues(query, query.metadata, tags);
    if (tags.length > 1 && query.tagMode === 'all')
      return findInAll(
        query,
        tags.map((tag) => taggedWith(query, tag)),
      );
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

/** A list to intersect, by id. */
interface List {
  /** The look-ups of one seek. */
  readonly reads: number;
  /** The first image within the range. */
  readonly seek: (range: IdRange) => Listed | undefined;
}

interface Listed {
  readonly id: ImageId;
  /** Its row number. */
  readonly n: number;
}

const listedRowOf = (row: Row | undefined): Listed | undefined => row && { id: row[0] as ImageId, n: Number(row[1]) };

const nearest = (rows: readonly Listed[], order: Order): Listed | undefined =>
  rows.toSorted((a, b) => (a.id < b.id === (order === 'oldest') ? -1 : 1))[0];

const prepareBoth = (database: DatabaseSync, sqlOf: (order: Order) => string) => ({
  newest: database.prepare(sqlOf('newest')),
  oldest: database.prepare(sqlOf('oldest')),
});

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
