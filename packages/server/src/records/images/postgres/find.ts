import type { Image } from '../../../domain/image/image.ts';
import { hasCommon, isTakenWithin, type ReadyFilter, type SearchFilter } from '../../../domain/image/image-filter.ts';
import { hasWords } from '../../../domain/image/search-words.ts';
import { isByCapture, isOfAlbum, type ListOrder, positionOf } from '../../../domain/lists/list-position.ts';
import type { Statements } from '../../postgres/database.ts';
import { MAX_UNREADABLE_ON_PAGE, type UnreadableRecords } from '../../unreadable-records.ts';
import { ALL_IMAGES, nameOfAlbum, nameOfTag, nameOfType } from '../captured-names.ts';
import { storedDetails, storedFacts } from '../facts-text.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { idOf, imageOf, READY_COLUMNS, type Row } from '../image-row.ts';
import { createRememberedImages } from '../remembered-images.ts';
import { termsOfWord } from '../search-terms.ts';
import { intersectLists, type List, type Listed, readingOf, type Walk, walkList } from './lists.ts';

type ReadyQuery = Extract<FindQuery, ReadyFilter>;
type SearchQuery = Extract<FindQuery, SearchFilter>;
type StatusQuery = Exclude<FindQuery, ReadyQuery | SearchQuery>;

/** Images that are read in vain for a page, because no list has a visibility or more than the beginning of a word. */
const MISSES_OF_A_STEP = 1 / 4;
/** A page reads so often at most: what is read in vain meets its budget before, unless pages are tiny. */
const MOST_READS = 8;
/** A search reads at least so many images at once. */
const FEWEST_READ = 100;

export interface FindOptions {
  /** The most steps of an intersection for a page; an image that is read in vain counts as four. */
  readonly readBudget: number;
  readonly unreadable: UnreadableRecords;
}

export function createFind(statements: Statements, { readBudget, unreadable }: FindOptions) {
  const { imageOf: readyImageOf } = createRememberedImages();
  const missBudget = Math.ceil(readBudget * MISSES_OF_A_STEP);

  const readable = (rows: readonly Row[], parse: (row: Row) => Image): Image[] =>
    rows.flatMap((row) => unreadable.leaveOut(idOf(row), () => parse(row)) ?? []);

  const partOf = ({ rows, next }: Listed, parse: (row: Row) => Image): Part => {
    const images = readable(rows, parse);
    return { images, next, leftOut: rows.length - images.length };
  };

  const findByStatus = async (query: StatusQuery): Promise<Part> =>
    partOf(await walkList(statements, [statusWalk(query)], { ...readingOf(query), isOfAnyState: true }), imageOf);

  const findReady = async (query: ReadyQuery): Promise<Page> => {
    const lists = listsOf(query);
    const [only] = lists;
    if (only !== undefined && lists.length === 1)
      return fullPage(query, async (part) => partOf(await walkList(statements, only, readingOf(part)), readyImageOf));
    const { rows, next } = await intersectLists(statements, lists, { ...readingOf(query), budget: readBudget });
    return { images: readable(rows, readyImageOf), next };
  };

  /** Reads on until the page is full, or the budget is spent. */
  const findSeen = async (query: ReadyQuery): Promise<Page> => {
    const images: Image[] = [];
    let misses = 0;
    for (let { after } = query, reads = 1; ; reads += 1) {
      const limit = Math.max(query.limit - images.length, missBudget);
      const page = await findReady({ ...query, visibility: undefined, after, limit });
      for (const image of page.images) {
        if (image.visibility === query.visibility) images.push(image);
        else misses += 1;
        const isFull = images.length === query.limit;
        const isEnd = image === page.images.at(-1) && page.next === null;
        if (!isEnd && (isFull || misses >= missBudget)) return { images, next: positionOf(image, query) };
      }
      if (page.next === null || page.images.length < limit || reads === MOST_READS) return { images, next: page.next };
      after = page.next;
    }
  };

  /** Images that are in the lists of the beginnings of all words may lack one of the words. */
  const search = async (query: SearchQuery): Promise<Page> => {
    const images: Image[] = [];
    let misses = 0;
    const lists = searchedLists(query);
    const [only] = lists;
    for (let { after } = query, reads = 1; ; reads += 1) {
      const limit = Math.max(query.limit - images.length, FEWEST_READ);
      const reading = { ...readingOf({ ...query, after, limit }), withDetails: true };
      const { rows, next } =
        only !== undefined && lists.length === 1
          ? await walkList(statements, only, reading)
          : await intersectLists(statements, lists, { ...reading, budget: readBudget });
      for (const row of rows) {
        const id = idOf(row);
        const image =
          row[USER_ID] === query.userId && isMatch(row, query)
            ? unreadable.leaveOut(id, () => readyImageOf(row))
            : undefined;
        if (image === undefined || !isTakenWithin(image, query) || !hasCommon(image, query)) {
          misses += 1;
          if (misses === missBudget) return { images, next: id };
        } else if (images.length === query.limit) return { images, next: images.at(-1)?.id ?? null };
        else images.push(image);
      }
      const isSpent = rows.length < limit;
      if (next === null || isSpent || reads === MOST_READS) return { images, next };
      after = next;
    }
  };

  return async (query: FindQuery): Promise<Page> => {
    if (query.status !== 'ready') return fullPage(query, findByStatus);
    if (query.words !== undefined) return search(query);
    return query.visibility === undefined ? findReady(query) : findSeen(query);
  };
}

/** A page without its unreadable records. */
interface Part extends Page {
  readonly leftOut: number;
}

/** Continues behind unreadable records, up to a limit. */
async function fullPage<Query extends FindQuery>(query: Query, find: (query: Query) => Promise<Part>): Promise<Page> {
  let { images, next, leftOut } = await find(query);
  while (next !== null && images.length < query.limit && leftOut <= MAX_UNREADABLE_ON_PAGE) {
    const more = await find({ ...query, after: next, limit: query.limit - images.length });
    images = [...images, ...more.images];
    next = more.next;
    leftOut += more.leftOut;
  }
  return { images, next };
}

/** The lists that have an image of the page, each of them. */
function listsOf(query: ReadyQuery): readonly List[] {
  const { order, userId, album, metadata = [] } = query;
  const tags = [...new Set(query.tags)];
  if (isByCapture(order)) return capturedLists(query, tags);
  if (isOfAlbum(order)) return [[albumWalk(query, order)]];
  const isOwned = userId !== undefined;
  if (!isOwned && (album !== undefined || metadata.length > 0))
    throw new Error('expected an owner with an album or a filter by metadata; got none');
  const lists: List[] = [
    ...(album === undefined ? [] : [[albumWalk(query, order)]]),
    ...metadata.map(({ name, value }) => [
      { table: 'image_metadata', at: 'id', where: { ...ownerOf(query), name, value } },
    ]),
    ...tagLists(query, tags),
  ];
  if (tags.length === 0 && query.contentType !== undefined) lists.push([typeWalk(query)]);
  return lists.length > 0 ? lists : [[statusWalk(query)]];
}

function searchedLists(query: SearchQuery): readonly List[] {
  const { userId, words, tagMode, contentType } = query;
  const tags = [...new Set(query.tags)];
  const byWords = words.map((word) =>
    termsOfWord(userId, word, query).map((term): Walk => ({ table: 'image_terms', at: 'id', where: { term } })),
  );
  const byTags = tagMode === 'all' || tags.length === 1 ? tagLists(query, tags) : [];
  const byType = contentType !== undefined && byTags.length === 0 ? [[typeWalk(query)]] : [];
  return [...byWords, ...byTags, ...byType];
}

/** They have the type too. */
function tagLists(query: ReadyQuery | SearchQuery, tags: readonly string[]): readonly List[] {
  const walks = tags.map(
    (tag): Walk => ({
      ...{ table: 'image_tags', at: 'id', where: { ...ownerOf(query), tag, ...typeOf(query) } },
      ...(query.userId !== undefined && { collation: 'POSIX' }),
    }),
  );
  if (walks.length === 0) return [];
  return query.tagMode === 'all' ? walks.map((walk) => [walk]) : [walks];
}

function capturedLists(query: ReadyQuery, tags: readonly string[]): readonly List[] {
  const { metadata = [], contentType, album, tagMode } = query;
  if (metadata.length > 0) throw new Error('expected a list by capture without metadata; got some');
  const walkOf = (name: string): Walk => ({
    ...{ table: 'captured_rows', at: 'at', where: { ...ownerOf(query), name } },
    ...(query.userId === undefined && { collation: 'POSIX' }),
  });
  const byTags = tags.map(nameOfTag).map(walkOf);
  const lists: List[] = [
    ...(album === undefined ? [] : [[walkOf(nameOfAlbum(album))]]),
    ...(tagMode === 'all' ? byTags.map((walk) => [walk]) : byTags.length > 0 ? [byTags] : []),
    ...(contentType === undefined ? [] : [[walkOf(nameOfType(contentType))]]),
  ];
  return lists.length > 0 ? lists : [[walkOf(ALL_IMAGES)]];
}

function albumWalk({ album }: ReadyQuery, order: ListOrder): Walk {
  if (album === undefined) throw new Error('expected an album with an order of albums; got none');
  const at = order === 'added' ? 'added' : order === 'manual' ? 'place' : 'id';
  return { table: 'album_rows', at, where: { album_id: album } };
}

const statusWalk = ({ status, ...query }: ReadyQuery | StatusQuery): Walk => ({
  table: 'images',
  at: 'id',
  collation: 'POSIX',
  where: { ...ownerOf(query), status },
});
const typeWalk = (query: ReadyQuery | SearchQuery): Walk => ({
  table: 'images',
  at: 'id',
  collation: 'POSIX',
  where: { ...ownerOf(query), ...typeOf(query), status: 'ready' },
});
const ownerOf = ({ userId }: { readonly userId?: string | undefined }) =>
  userId === undefined ? {} : { user_id: userId };
const typeOf = ({ contentType }: ReadyQuery | SearchQuery) =>
  contentType === undefined ? {} : { content_type: contentType };

const USER_ID = READY_COLUMNS.indexOf('user_id');
const FILENAME = READY_COLUMNS.indexOf('filename');
const DESCRIPTION = READY_COLUMNS.indexOf('description');
const FACTS = READY_COLUMNS.indexOf('facts');
const DETAILS = READY_COLUMNS.length;

/** A record that can't be read has these texts too. */
function isMatch(row: Row, { words, searchesFacts }: SearchQuery): boolean {
  const [facts, details] = [textOf(row[FACTS]), textOf(row[DETAILS])];
  const said = {
    facts: facts === null ? null : storedFacts(facts),
    details: details === null ? null : storedDetails(details),
  };
  const searched = { filename: String(row[FILENAME]), description: textOf(row[DESCRIPTION]) };
  return hasWords(searched, words, searchesFacts ? said : undefined);
}

const textOf = (cell: unknown): string | null => (typeof cell === 'string' ? cell : null);
