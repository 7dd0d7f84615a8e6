import assert from 'node:assert/strict';
import type { Image } from '../../domain/image/image.ts';
import type { ReadyFilter, SearchFilter } from '../../domain/image/image-filter.ts';
import { createdAt } from '../../domain/image/image-id.ts';
import type { ListPosition } from '../../domain/lists/list-position.ts';
import type { FindQuery, ImageRepository, Page } from './image-repository.ts';

export const readyQuery = (fields: Partial<Extract<FindQuery, ReadyFilter>> = {}): FindQuery => ({
  status: 'ready',
  tags: [],
  tagMode: 'all',
  order: 'newest',
  limit: 100,
  ...fields,
});

export const searchQuery = (
  userId: string,
  words: readonly string[],
  fields: Partial<Extract<FindQuery, SearchFilter>> = {},
): FindQuery => ({
  ...{ status: 'ready', userId, words, searchesFacts: true, tags: [], tagMode: 'all', order: 'newest', limit: 100 },
  ...fields,
});

/** A model of `find` over `all`: a filter over every image, and a sort. Of facts it searches the camera only. */
export const modelList = (all: Iterable<Image>, query: FindQuery): Image[] =>
  [...all]
    .filter(
      (image) =>
        matches(image, query) && (query.after === undefined || isBehind(placeOf(image, query), query.after, query)),
    )
    .toSorted((a, b) => (isBehind(placeOf(a, query), placeOf(b, query), query) ? 1 : -1));

/** Whether `position` comes later in the list than `other`. */
export const isBehind = (position: ListPosition, other: ListPosition, { order }: Pick<FindQuery, 'order'>): boolean =>
  order === 'newest' || order === 'taken-newest' ? position < other : position > other;

/** The position of an image in a list, as texts that sort as the list does. */
const placeOf = (image: Image, { order, album }: Pick<FindQuery, 'order' | 'album'>): ListPosition => {
  if (order === 'newest' || order === 'oldest') return image.id;
  if (order !== 'added' && order !== 'manual') return `${clockOf(image)}#${image.id}`;
  const member = image.albums.find(({ albumId }) => albumId === album);
  const place = (order === 'manual' && member?.moved) || member?.added;
  return `${place}#${image.id}`;
};

/** Its clock, or that of its upload in UTC. */
export const clockOf = (image: Image): string => {
  const facts = 'facts' in image ? image.facts : null;
  const byHand = facts?.takenByHand;
  const clock = byHand === undefined ? facts?.taken?.at : byHand;
  return clock ?? createdAt(image.id).toISOString().slice(0, -1);
};

/** Whether a change gives an image another place in lists by capture. */
export const isMoved = (from: Image | undefined, to: Image): boolean =>
  from !== undefined && clockOf(from) !== clockOf(to);

const matches = (image: Image, query: FindQuery): boolean =>
  image.status === query.status &&
  (query.userId === undefined || image.userId === query.userId) &&
  (query.createdFrom === undefined || createdAt(image.id) >= query.createdFrom) &&
  (query.createdBefore === undefined || createdAt(image.id) < query.createdBefore) &&
  (query.takenFrom === undefined || clockOf(image) >= query.takenFrom) &&
  (query.takenBefore === undefined || clockOf(image) < query.takenBefore) &&
  (query.album === undefined || image.albums.some(({ albumId }) => albumId === query.album)) &&
  (query.status !== 'ready' || isAsFiltered(image, query));

const isAsFiltered = (image: Image, query: ReadyFilter | SearchFilter): boolean =>
  hasType(image, query) &&
  hasTags(image, query) &&
  (query.visibility === undefined || image.visibility === query.visibility) &&
  (query.words === undefined
    ? hasMetadata(image, query)
    : query.words.every((word) => plainWords(image, query).some((own) => own.startsWith(word))));

/** Tests search for words of unaccented letters only. */
function plainWords(image: Image, { searchesFacts }: SearchFilter): readonly string[] {
  const camera = 'facts' in image && searchesFacts ? image.facts?.camera : '';
  return `${image.filename} ${image.description} ${camera}`.toLowerCase().split(/[^a-z0-9]+/);
}

const hasType = (image: Image, { contentType }: ReadyFilter | SearchFilter): boolean =>
  contentType === undefined || image.contentType === contentType;

const hasTags = (image: Image, { tags, tagMode }: ReadyFilter | SearchFilter): boolean => {
  const has = (tag: string) => image.tags.includes(tag);
  return tagMode === 'all' || tags.length === 0 ? tags.every(has) : tags.some(has);
};

/** Rows of metadata exist for the names in `filteredBy`. */
const hasMetadata = (image: Image, { metadata: filters = [] }: ReadyFilter): boolean =>
  filters.every(
    ({ name, value }) =>
      image.status === 'ready' &&
      image.filteredBy.includes(name) &&
      Object.entries(image.metadata).some(([own, its]) => own === name && its === value),
  );

/** Lists that may spend a read budget: several tags, tag and type, an album or metadata and anything else, or words. */
export const isIntersection = (query: FindQuery): boolean => {
  if (query.status !== 'ready') return false;
  if (query.words !== undefined) return true;
  const tagCount = new Set(query.tags).size;
  const filters = (query.metadata?.length ?? 0) + (query.album === undefined ? 0 : 1);
  if (filters > 0) return filters > 1 || tagCount > 0 || query.contentType !== undefined;
  return (tagCount > 1 && query.tagMode === 'all') || (tagCount > 0 && query.contentType !== undefined);
};

/** Checks one page against `due`, all matches after the position of the query. */
export function checkPage(page: Page, query: FindQuery, due: readonly Image[]): void {
  const { images, next } = page;
  const reached = next === null ? due : due.filter((image) => !isBehind(placeOf(image, query), next, query));
  assert.deepEqual(images, reached);
  assert.ok(images.length <= query.limit);
  if (next === null) return;
  assert.ok(query.after === undefined || isBehind(next, query.after, query), 'expected every page to advance');
  if (isIntersection(query)) return;
  assert.equal(images.length, query.limit);
  assert.ok(due.length > images.length, 'expected more images after a position');
}

/** The images of every page. */
export async function listAll(images: ImageRepository, query: FindQuery): Promise<Image[]> {
  const listed: Image[] = [];
  let page: Page;
  let after = query.after;
  do {
    page = await images.find({ ...query, after });
    if (page.next !== null && after !== undefined)
      assert.ok(isBehind(page.next, after, query), 'expected every page to advance');
    listed.push(...page.images);
    after = page.next ?? undefined;
  } while (page.next !== null);
  return listed;
}
