import { maySee, requireList, seesEveryone, userOf, viewOf } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { albumNotFound, invalidField } from '../../domain/errors.ts';
import type { Image, PendingImage } from '../../domain/image/image.ts';
import { type SearchFilter, wouldMatch } from '../../domain/image/image-filter.ts';
import { isByCapture, positionOf } from '../../domain/lists/list-position.ts';
import type { MetadataFilter } from '../../domain/metadata/metadata-filters.ts';
import type { FindQuery } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { visibleAlbum } from '../albums/visible-album.ts';
import { type Probe, probeUploads } from '../uploads/probe-uploads.ts';
import { listWithin } from './list-within.ts';
import { mergeIntoPage } from './merge-into-page.ts';
import { requireOrderByCapture } from './order-by-capture.ts';
import { requireSearch } from './require-search.ts';

/*
 * One list, `GET /images?user_id=ada&tag=sea&cursor=...`.
 *
 * 1. http/images/images.ts parses the query to a `FindQuery`: ready images by any filters, one owner's also by words,
 *    or images in another state. A list of an album is one of its owner, whom the caller must act for.
 * 2. The cursor (domain/cursor.ts) is a position (domain/lists/list-position.ts), mostly an image id, and an HMAC over
 * it and the filters, so it is valid for its own list only. On S3 the first page finalizes the newest pending uploads
 * first (operations/uploads/probe-uploads.ts),
 *    and merge-into-page.ts adds those that became ready, because an index may lag.
 * 3. records/images/sqlite/find.ts or records/images/dynamodb/lists/find.ts reads the page. Ids sort by time, so a
 *    page is "ids beyond this one" in the index of its filters: it never skips rows, and concurrent inserts or deletes
 *    don't shift it. Searches read candidates from an FTS5 index and compare their records. A record that this version
 *    can't read is left out and reported (records/unreadable-records.ts).
 * 4. http/images/images.ts writes each image, or with `fields=` a part of it (http/images/image-json.ts), and ends the
 *    page at 4 MB.
 */

export interface FindImagesInput {
  readonly filter: FindQuery;
  readonly cursor: string | undefined;
}

export interface FoundImages {
  /** At most `limit` of the filter. */
  readonly images: readonly Image[];
  /** The end of a page of the first `count` of them. All of them, or at least one, so that the list goes on. */
  readonly endAfter: (count: number) => PageEnd;
}

export interface PageEnd {
  /** null: the end of the list; there is no other reason for null. */
  readonly nextCursor: string | null;
  /** Matching uploads that are still being examined; a later list may contain them. */
  readonly pending: number;
}

const NO_PROBE: Probe = { ready: [], unfinished: [] };

type FindServices = Pick<
  Services,
  'images' | 'albums' | 'filters' | 'clock' | 'cursors' | 'viewCursors' | 'finalize' | 'settings'
>;

/**
 * The next images that match every filter. Errors: `missing-scope`, `invalid-cursor`, `invalid-request`, `forbidden`,
 * `album-not-found`,
 * `search-unsupported`, `unavailable` while rows of a filter by metadata are being written.
 */
export async function findImages(
  services: FindServices,
  access: Access,
  { filter, cursor }: FindImagesInput,
  client: Client,
): Promise<FoundImages> {
  requireList(access, filter.status);
  const query = scoped(access, await withinAlbum(services, access, filter));
  if (!services.settings.listsAllOwners) requireOwner(query);
  if (isSearch(query)) requireSearch(services, 'a list without q, since this service keeps no words; got q');
  if (query.status === 'ready' && query.visibility !== undefined)
    requireSearch(services, `a list without visibility, since this service has no such list; got ${query.visibility}`);
  if (isByCapture(query.order)) await requireOrderByCapture(services, query.userId);
  await requireFilters(services, query);
  const filters = canonical(query);
  const view = viewOf(access);
  const cursors = view ? services.viewCursors : services.cursors;
  const after = cursor === undefined ? undefined : cursors.open(cursor, filters);
  const isProbing = services.settings.finalizesOnRead && after === undefined && query.status === 'ready';
  // The time of a page would tell of uploads that a view token doesn't see.
  const isAsked = (image: PendingImage): boolean => view === undefined || wouldMatch(image, query);
  const { ready, unfinished } = isProbing ? await probeUploads(services, query.userId, client, isAsked) : NO_PROBE;

  const found = await services.images.find({ ...query, after });
  const { images: merged, next: last } = mergeIntoPage(found, ready, query);
  const images = merged.filter((image) => view === undefined || maySee(access, image)); // should an index lag
  return {
    images,
    endAfter(count) {
      const end = count < images.length ? images[count - 1] : undefined;
      const next = end ? positionOf(end, query) : last;
      const shown = new Set(images.slice(0, count).map(({ id }) => id));
      const isCounted = (image: PendingImage): boolean => wouldMatch(image, query) && !shown.has(image.id);
      const pending = view ? 0 : unfinished.filter(isCounted).length;
      return { nextCursor: next && cursors.seal(next, filters), pending };
    },
  };
}

/** A credential lists the images of the user that it acts for. In open mode the filter alone decides. */
function scoped(access: Access, query: FindQuery): FindQuery {
  if (access.principal.kind === 'open') return query;
  const view = viewOf(access);
  if (view) return listWithin(view, query);
  const userId = userOf(access);
  if (userId !== null) return { ...query, userId };
  if (seesEveryone(access) || query.album !== undefined) return query; // the album's owner is one whom it acts for
  const detail = 'expected a user, since this credential acts for some users only; got none';
  throw invalidField('?user_id', detail, { reason: 'no-user' });
}

/** A list of an album is one of its owner. Errors: `album-not-found`, also for an album of another user. */
async function withinAlbum(services: FindServices, access: Access, query: FindQuery): Promise<FindQuery> {
  if (query.album === undefined) return query;
  const { id, userId } = await visibleAlbum(services, access, query.album);
  if (query.userId !== undefined && query.userId !== userId) throw albumNotFound();
  return query.status === 'ready' ? { ...query, album: id, userId } : query;
}

/** Errors: `invalid-request` if the index that the list needs is switched off. */
function requireOwner(query: FindQuery): void {
  if (query.status !== 'ready' || isSearch(query)) return;
  const isByFacet = query.tags.length > 0 || query.contentType !== undefined;
  if (isByFacet && query.userId === undefined) {
    throw invalidField(
      '?user_id',
      'expected a user, since this service keeps no lists by tag or type over all users; got none',
    );
  }
}

/** Errors: `invalid-request` without a user, whose rows they are; `unavailable` until all images have theirs. */
async function requireFilters({ filters }: Pick<Services, 'filters'>, query: FindQuery): Promise<void> {
  const names = metadataIn(query).map(({ name }) => name);
  const [first] = names;
  if (first === undefined) return;
  if (query.userId === undefined) {
    const detail = `expected a user_id with metadata.${first}; got none`;
    throw invalidField('?user_id', detail, { reason: 'no-user' });
  }
  await filters.requireComplete(names);
}

const metadataIn = (query: FindQuery): readonly MetadataFilter[] =>
  query.status === 'ready' && query.words === undefined ? (query.metadata ?? []) : [];

const isSearch = (query: FindQuery): query is Extract<FindQuery, SearchFilter> =>
  query.status === 'ready' && query.words !== undefined;

/** What a cursor is bound to: every parameter that decides which images are listed, and their order. */
const canonical = (query: FindQuery): string => {
  const { status, userId, createdFrom, createdBefore, order } = query;
  const filtered = query.status === 'ready' && [query.tags.toSorted(), query.tagMode, query.contentType];
  const ready = isSearch(query) ? { words: query.words } : filtered;
  const metadata = metadataIn(query).map(({ name, value }) => [name, value]);
  const { takenFrom = null, takenBefore = null } = query;
  const isDated = takenFrom !== null || takenBefore !== null;
  const others = [
    ...(metadata.length > 0 ? [metadata.toSorted()] : []),
    ...(isDated ? [{ takenFrom, takenBefore }] : []),
    ...(query.album === undefined ? [] : [{ album: query.album }]),
    ...(isSearch(query) && (query.tags.length > 0 || query.contentType !== undefined) ? [{ filtered }] : []),
    ...(query.status === 'ready' && query.visibility !== undefined ? [{ visibility: query.visibility }] : []),
  ];
  return JSON.stringify([status, userId, createdFrom, createdBefore, order, ready, ...others]);
};
