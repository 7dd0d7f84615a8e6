import type { Member } from '../library/library.ts';
import type { Done } from './in-batches.ts';
import type { AlbumStep, Edit, Step } from './steps.ts';

/**
 * The steps that take back exactly what the results say: a tag from the pictures that gained it, the former date where
 * nobody has changed the picture since. A visibility can't be taken back, since its links have ended.
 */
export function undoOf(done: readonly Done[], edit: Edit): readonly Step[] {
  const { shift_taken_seconds: shift } = edit;
  const groups = new Map<string, { readonly edit: Edit; readonly members: Member[]; readonly isTag: boolean }>();
  const add = (undoing: Edit, member: Member, isTag: boolean): void => {
    const key = JSON.stringify(undoing);
    const group = groups.get(key) ?? { edit: undoing, members: [], isTag };
    groups.set(key, group);
    group.members.push(member);
  };
  for (const { member, result } of done) {
    const now = { ...member, ...(result.revision !== undefined && { revision: result.revision }) };
    if (result.added_tags) add({ remove_tags: result.added_tags }, now, true);
    if (result.removed_tags) add({ add_tags: result.removed_tags }, now, true);
    if (result.former_taken_at === undefined) continue;
    add(shift === undefined ? { taken_at: result.former_taken_at } : { shift_taken_seconds: -shift }, now, false);
  }
  return [...groups.values()].map(({ edit: undoing, members, isTag }) => ({
    kind: 'change',
    edit: undoing,
    at: isTag ? 'any' : 'known',
    members,
  }));
}

/** Takes those pictures out of the album again, or puts them back where they were. undefined: there are none. */
export function membershipBefore({ kind, album }: AlbumStep, done: readonly Done[]): Step | undefined {
  if (done.length === 0) return undefined;
  const members = done.map(({ member }) => member);
  if (kind === 'album-add') return { kind: 'album-remove', album, members };
  const places = new Map(done.map(({ result }) => [result.image_id, result.place ?? '']));
  return { kind: 'album-add', album, places, members };
}
