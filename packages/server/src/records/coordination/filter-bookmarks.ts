import type { Filling, FilterRequest, FilterWalk } from '../../domain/metadata/filling.ts';
import type { Coordination } from './coordination.ts';

type Bookmarks = Pick<Coordination, 'bookmark' | 'setBookmark'>;

/*
 * Two bookmarks, each with one kind of writer: starting processes write the first, and the holder of the lease the
 * second. So neither overwrites what the other has written.
 */
export async function readFilling(coordination: Bookmarks): Promise<Filling | undefined> {
  const request = await readFilterRequest(coordination);
  return request && { request, walk: await readFilterWalk(coordination, request) };
}

export async function readFilterRequest(coordination: Bookmarks): Promise<FilterRequest | undefined> {
  const bookmark = await coordination.bookmark('filters-asked');
  if (bookmark === undefined) return undefined;
  const { askedAt, ...request } = JSON.parse(bookmark) as Stored<FilterRequest, 'askedAt'>;
  return { ...request, askedAt: new Date(askedAt) };
}

/** The walk of that request; null: it hasn't begun. */
export async function readFilterWalk(coordination: Bookmarks, { id }: FilterRequest): Promise<FilterWalk | null> {
  const bookmark = await coordination.bookmark('filters-walk');
  if (bookmark === undefined) return null;
  const { failing, doneAt, ...walk } = JSON.parse(bookmark) as StoredWalk;
  if (walk.id !== id) return null;
  return {
    ...walk,
    failing: failing && { since: new Date(failing.since), until: new Date(failing.until) },
    doneAt: doneAt === null ? null : new Date(doneAt),
  };
}

export const writeFilterRequest = (coordination: Bookmarks, request: FilterRequest): Promise<void> =>
  coordination.setBookmark('filters-asked', JSON.stringify(request));

export const writeFilterWalk = (coordination: Bookmarks, walk: FilterWalk): Promise<void> =>
  coordination.setBookmark('filters-walk', JSON.stringify(walk));

/** As JSON has it: times are text. */
type Stored<Value, Times extends keyof Value> = Omit<Value, Times> & { readonly [Name in Times]: string };
type StoredWalk = Omit<FilterWalk, 'failing' | 'doneAt'> & {
  readonly failing: { readonly since: string; readonly until: string } | null;
  readonly doneAt: string | null;
};
