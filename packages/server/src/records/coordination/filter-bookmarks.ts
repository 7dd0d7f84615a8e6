import type { Filling, FilterRequest, FilterWalk } from '../../domain/metadata/filling.ts';
import type { Coordination } from './coordination.ts';
import { readWalk, writeWalk } from './walk-bookmarks.ts';

type Bookmarks = Pick<Coordination, 'bookmark' | 'setBookmark'>;

export async function readFilling(coordination: Bookmarks): Promise<Filling | undefined> {
  const request = await readFilterRequest(coordination);
  return request && { request, walk: await readFilterWalk(coordination, request) };
}

export async function readFilterRequest(coordination: Bookmarks): Promise<FilterRequest | undefined> {
  const bookmark = await coordination.bookmark('filters-asked');
  if (bookmark === undefined) return undefined;
  const { askedAt, ...request } = JSON.parse(bookmark) as StoredRequest;
  return { ...request, askedAt: new Date(askedAt) };
}

/** The walk of that request; null: it hasn't begun. */
export const readFilterWalk = (coordination: Bookmarks, request: FilterRequest): Promise<FilterWalk | null> =>
  readWalk(coordination, 'filters-walk', request);

/** Starting processes write it. */
export const writeFilterRequest = (coordination: Bookmarks, request: FilterRequest): Promise<void> =>
  coordination.setBookmark('filters-asked', JSON.stringify(request));

export const writeFilterWalk = (coordination: Bookmarks, walk: FilterWalk): Promise<void> =>
  writeWalk(coordination, 'filters-walk', walk);

/** As JSON has it: times are text. */
type StoredRequest = Omit<FilterRequest, 'askedAt'> & { readonly askedAt: string };
