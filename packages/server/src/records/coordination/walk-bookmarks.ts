import type { Walk } from '../../domain/walk.ts';
import type { Bookmark, Coordination } from './coordination.ts';

/*
 * A walk has two bookmarks, each with one kind of writer: those who ask for it write the first, and the holder of its
 * lease writes the second. So neither overwrites what the other has written.
 */

/** The walk under that name, if it is that of the request; null: it hasn't begun. */
export async function readWalk<Current extends Walk>(
  coordination: Pick<Coordination, 'bookmark'>,
  name: Bookmark,
  { id }: Pick<Walk, 'id'>,
): Promise<Current | null> {
  const bookmark = await coordination.bookmark(name);
  if (bookmark === undefined) return null;
  const { failing, doneAt, ...walk } = JSON.parse(bookmark) as StoredWalk;
  if (walk.id !== id) return null;
  return {
    ...walk,
    failing: failing && { since: new Date(failing.since), until: new Date(failing.until) },
    doneAt: doneAt === null ? null : new Date(doneAt),
  } as Current;
}

export const writeWalk = (coordination: Pick<Coordination, 'setBookmark'>, name: Bookmark, walk: Walk): Promise<void> =>
  coordination.setBookmark(name, JSON.stringify(walk));

/** As JSON has it: times are text. */
type StoredWalk = Pick<Walk, 'id' | 'position'> & {
  readonly failing: { readonly since: string; readonly until: string } | null;
  readonly doneAt: string | null;
};
