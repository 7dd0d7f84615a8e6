import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { ReadyFilter, StatusFilter } from '../../../domain/image/image-filter.ts';
import {
  type Direction,
  directionOf,
  isByCapture,
  isOfAlbum,
  type ListPosition,
  positionOf,
} from '../../../domain/lists/list-position.ts';
import type { MetadataFilter } from '../../../domain/metadata/metadata-filters.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { createSnapshot } from '../../sqlite/snapshot.ts';
import { MAX_UNREADABLE_ON_PAGE, type UnreadableRecords } from '../../unreadable-records.ts';
import { ALL_IMAGES, nameOfAlbum, nameOfTag, nameOfType } from '../captured-names.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { idOf, imageOf } from '../image-row.ts';
import { intersect } from '../leapfrog.ts';
import { type ListRange, rangeOf } from '../list-range.ts';
import type { RememberedImages } from '../remembered-images.ts';
import { albumSeekSql, albumSql, columnOf } from './albums/album-statements.ts';
import { type CapturedShape, capturedSeekSql, capturedSql } from './captured-statements.ts';
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
import { createSearch } from './search/search.ts';

type ReadyQuery = Extract<FindQuery, ReadyFilter>;
type StatusQuery = Extract<FindQuery, StatusFilter>;

/** Reading a record and comparing its words takes 7 µs. */
const LOOKUPS_OF_A_MISS = 4;

export interface FindOptions {
  /** The limit of index look-ups for a page of an intersection; a record that is read in vain counts as four. */
  readonly readBudget: number;
  readonly remembered: RememberedImages;
  readonly unreadable: UnreadableRecords;
}

export function createFind(database: DatabaseSync, { readBudget, remembered, unreadable }: FindOptions) {
  const prepareReady = createPreparer(database, readySql);
  const prepareStatus = createPreparer(database, statusSql);
  const prepareSeek = createPreparer(database, seekSql);
  const prepareCaptured = createPreparer(database, capturedSql);
  const prepareCapturedSeek = createPreparer(database, capturedSeekSql);
  const prepareAlbum = createPreparer(database, albumSql);
  const albumSeeks = prepareBoth(database, albumSeekSql);
  const metadataWalks = prepareBoth(database, metadataSql);
  const metadataSeeks = prepareBoth(database, metadataSeekSql);
  const typeSeeks = prepareBoth(database, typeSeekSql);
  const records = database.prepare(RECORDS_SQL);
  const inSnapshot = createSnapshot(database);
  const missBudget = Math.ceil(readBudget / LOOKUPS_OF_A_MISS);
  const search = createSearch(database, { missBudget, remembered, unreadable });

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
    const rows = allRows(metadataWalks[directionOf(query.order)], [
      ...userOf(query),
      name,
      value,
      from,
      to,
      query.limit + 1,
    ]);
    return partOf(rows, query, (some) => readable(some, remembered.imageOf));
  };

  const findInAlbum = (query: ReadyQuery, album: AlbumId): Part => {
    const statement = prepareAlbum({ column: columnOf(query.order), direction: directionOf(query.order) });
    const { from, to } = rangeOf(query);
    const rows = allRows(statement, [album, from, to, query.limit + 1]);
    return partOf(rows, query, (some) => readable(some, remembered.imageOf), positionIn);
  };

  const findInAll = (query: ReadyQuery, lists: readonly List[]): Page => {
    const { order, limit } = query;
    const direction = directionOf(order);
    let reads = 0;
    const search = { keys: lists, range: rangeOf(query), direction, limit, isSpent: () => reads >= readBudget };
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

  const ofType = (query: ReadyQuery): List => ({
    reads: 1,
    seek: (range) => listedRowOf(firstRow(typeSeeks[directionOf(query.order)], scopeOf(query, range))),
  });

  const withValue = (query: ReadyQuery, { name, value }: MetadataFilter): List => ({
    reads: 1,
    seek: ({ from, to }) =>
      listedRowOf(firstRow(metadataSeeks[directionOf(query.order)], [...userOf(query), name, value, from, to])),
  });

  const inAlbum = (query: ReadyQuery, album: AlbumId): List => ({
    reads: 1,
    seek: ({ from, to }) => listedRowOf(firstRow(albumSeeks[directionOf(query.order)], [album, from, to])),
  });

  /** The lists by tag have the type too. */
  const findWithin = (query: ReadyQuery, tags: readonly string[]): Page => {
    const { userId, contentType, album, metadata = [] } = query;
    if (userId === undefined) throw new Error('expected an owner with an album or a filter by metadata; got none');
    const byTag =
      query.tagMode === 'all' || tags.length === 1
        ? tags.map((tag) => taggedWith(query, tag))
        : tags.length > 1
          ? [
              anyOf(
                tags.map((tag) => taggedWith(query, tag)),
                query,
              ),
            ]
          : [];
    const byType = tags.length === 0 && contentType !== undefined ? [ofType(query)] : [];
    const byAlbum = album === undefined ? [] : [inAlbum(query, album)];
    const lists = [...byAlbum, ...metadata.map((filter) => withValue(query, filter)), ...byTag, ...byType];
    const [filter] = metadata;
    if (lists.length > 1) return findInAll(query, lists);
    return fullPage(query, (part) =>
      album === undefined && filter ? findWithValue(part, filter) : findInAlbum(part, requireAlbum(album)),
    );
  };

  const findCaptured = (query: ReadyQuery, names: readonly string[]): Part => {
    const statement = prepareCaptured(capturedShapeOf(query, names.length));
    const { from, to } = rangeOf(query);
    const scopes = names.flatMap((name) => [...userOf(query), name, from, to]);
    const rows = allRows(statement, [...scopes, query.limit + 1]);
    return partOf(rows, query, (some) => readable(some, remembered.imageOf), positionIn);
  };

  const capturedWith = (query: ReadyQuery, name: string): List => {
    const statement = prepareCapturedSeek(capturedShapeOf(query, 1));
    return {
      reads: 1,
      seek: ({ from, to }) => listedRowOf(firstRow(statement, [...userOf(query), name, from, to])),
    };
  };

  const findByCapture = (query: ReadyQuery, tags: readonly string[]): Page => {
    if (query.metadata !== undefined && query.metadata.length > 0)
      throw new Error('expected a list by capture without metadata; got some');
    const ofType = query.contentType === undefined ? [] : [nameOfType(query.contentType)];
    const ofAlbum = query.album === undefined ? [] : [nameOfAlbum(query.album)];
    const ofTags = tags.map(nameOfTag);
    const names = [...ofAlbum, ...ofTags, ...ofType];
    if (names.length < 2)
      return fullPage(query, (part) => findCaptured(part, names.length === 0 ? [ALL_IMAGES] : names));
    const lists = (some: readonly string[]) => some.map((name) => capturedWith(query, name));
    if (query.tagMode === 'all' || tags.length === 1) return findInAll(query, lists(names));
    if (ofType.length === 0 && ofAlbum.length === 0) return fullPage(query, (part) => findCaptured(part, ofTags));
    return findInAll(query, [
      ...lists(ofAlbum),
      ...(tags.length === 0 ? [] : [anyOf(lists(ofTags), query)]),
      ...lists(ofType),
    ]);
  };

  const find = (query: FindQuery): Page => {
    if (query.status !== 'ready') return fullPage(query, findByStatus);
    if (query.words !== undefined) return search(query);
    const tags = [...new Set(query.tags)];
    if (isByCapture(query.order)) return findByCapture(query, tags);
    if (isOfAlbum(query.order)) return fullPage(query, (part) => findInAlbum(part, requireAlbum(part.album)));
    if (query.album !== undefined || (query.metadata !== undefined && query.metadata.length > 0))
      return findWithin(query, tags);
    if (tags.length > 1 && query.tagMode === 'all')
      return findInAll(
        query,
        tags.map((tag) => taggedWith(query, tag)),
      );
    return fullPage(query, (part) => findWithAny(part, tags));
  };
  return (query: FindQuery): Page =>
    query.status === 'ready' && query.words === undefined && query.visibility !== undefined
      ? seenPage(query, { find, missBudget })
      : find(query);
}

function requireAlbum(album: AlbumId | undefined): AlbumId {
  if (album === undefined) throw new Error('expected an album with an order of albums; got none');
  return album;
}

interface SeenPageOptions {
  readonly find: (query: ReadyQuery) => Page;
  /** The limit of images of another visibility. */
  readonly missBudget: number;
}

/** Reads on until the page is full or the budget is spent: no index has the visibility. */
function seenPage(query: ReadyQuery, { find, missBudget }: SeenPageOptions): Page {
  const images: Image[] = [];
  let misses = 0;
  for (let { after } = query; ; ) {
    const room = query.limit - images.length;
    const limit = Math.max(room, missBudget);
    const page = find({ ...query, visibility: undefined, after, limit });
    for (const image of page.images) {
      if (image.visibility === query.visibility) images.push(image);
      else misses += 1;
      const isFull = images.length === query.limit;
      const isEnd = image === page.images.at(-1) && page.next === null;
      if (!isEnd && (isFull || misses >= missBudget)) return { images, next: positionOf(image, query) };
    }
    if (page.next === null || page.images.length < limit) return { images, next: page.next };
    after = page.next;
  }
}

/** A page without its unreadable records. */
interface Part extends Page {
  readonly leftOut: number;
}

/** Cuts the page from rows with one more than fits. */
const partOf = (
  rows: readonly Row[],
  { limit }: FindQuery,
  read: (rows: readonly Row[]) => Image[],
  positionOf: (row: Row) => ListPosition = idOf,
): Part => {
  const fitting = rows.slice(0, limit);
  const images = read(fitting);
  const last = fitting.at(-1);
  return {
    images,
    next: rows.length > limit && last ? positionOf(last) : null,
    leftOut: fitting.length - images.length,
  };
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
  direction: directionOf(query.order),
});

const capturedShapeOf = (query: ReadyQuery, nameCount: number): CapturedShape => ({
  hasUser: query.userId !== undefined,
  nameCount,
  direction: directionOf(query.order),
});

/** In a row of `capturedSql` or `albumSql`. */
const positionIn = (row: Row): ListPosition => String(row.at(-1));

const userOf = ({ userId }: FindQuery): SQLInputValue[] => (userId === undefined ? [] : [userId]);

/** Parameters in the common order of all statements about ready images. */
const scopeOf = (query: ReadyQuery, { from, to }: ListRange, tag?: string): SQLInputValue[] => [
  ...userOf(query),
  ...(tag === undefined ? [] : [tag]),
  ...(query.contentType === undefined ? [] : [query.contentType]),
  from,
  to,
];

/** A list to intersect. */
interface List {
  /** The look-ups of one seek. */
  readonly reads: number;
  /** The first image within the range. */
  readonly seek: (range: ListRange) => Listed | undefined;
}

interface Listed {
  readonly at: ListPosition;
  /** Its row number. */
  readonly n: number;
}

const listedRowOf = (row: Row | undefined): Listed | undefined => row && { at: String(row[0]), n: Number(row[1]) };

/** The images of any of the lists. */
const anyOf = (lists: readonly List[], { order }: FindQuery): List => ({
  reads: lists.length,
  seek: (range) =>
    nearest(
      lists.flatMap((list) => list.seek(range) ?? []),
      directionOf(order),
    ),
});

const nearest = (rows: readonly Listed[], direction: Direction): Listed | undefined =>
  rows.toSorted((a, b) => (a.at < b.at === (direction === 'oldest') ? -1 : 1))[0];

const prepareBoth = (database: DatabaseSync, sqlOf: (direction: Direction) => string) => ({
  newest: database.prepare(sqlOf('newest')),
  oldest: database.prepare(sqlOf('oldest')),
});

/** One prepared statement per shape of query. */
function createPreparer<Shape extends object>(database: DatabaseSync, sqlOf: (shape: Shape) => string) {
  const statements = new Map<string, StatementSync>();
  return (shape: Shape): StatementSync => {
    const key = Object.values(shape).join(' ');
    const known = statements.get(key);
    if (known) return known;
    const statement = database.prepare(sqlOf(shape));
    statements.set(key, statement);
    return statement;
  };
}
