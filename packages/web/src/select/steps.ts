import type { AlbumResults, BatchChanges, BatchResults, SafelightClient } from '@safelight/client';
import type { Member } from '../library/library.ts';

/** What is done to each picture by `POST /images/change`. */
export type Edit = Pick<BatchChanges, 'add_tags' | 'remove_tags' | 'visibility' | 'taken_at' | 'shift_taken_seconds'>;

/**
 * At which revisions a change is done: at any; only at those that are known; or at those, and where one is old, at the
 * picture's newest. A change that may have been done isn't tried at a newer revision: it would be done twice.
 */
export type Revisions = 'any' | 'known' | 'newest';

/** One thing that is done to many pictures. */
export type Step = { readonly members: readonly Member[] } & (
  | { readonly kind: 'trash' | 'restore' | 'delete' }
  | { readonly kind: 'change'; readonly edit: Edit; readonly at: Revisions }
  | AlbumStep
);

/** `places`: by the id of a picture, where it was. */
export type AlbumStep = { readonly album: string } & (
  | { readonly kind: 'album-add'; readonly places?: ReadonlyMap<string, string> }
  | { readonly kind: 'album-remove' }
);

/** What has become of one picture. `place`: where it was in the album that it was taken out of. */
export type Result = Omit<BatchResults['results'][number], 'status'> &
  Pick<AlbumResults['results'][number], 'place'> & { readonly status?: string | undefined };

/** Errors: `SafelightError`. */
export async function send(
  client: SafelightClient,
  step: Step,
  { members, signal }: { readonly members: readonly Member[]; readonly signal: AbortSignal },
): Promise<readonly Result[]> {
  const image_ids = members.map(({ image_id }) => image_id);
  if (step.kind === 'change') {
    const revisions = step.at !== 'any' ? { revisions: members.map(({ revision }) => revision ?? 1) } : {};
    return (await client.images.change({ ...step.edit, ...revisions, image_ids }, { signal })).results;
  }
  if (step.kind === 'album-remove')
    return (await client.albums.removeImages(step.album, image_ids, { signal })).results;
  if (step.kind === 'album-add') {
    const { album, places } = step;
    const former = places && { places: image_ids.map((id) => places.get(id) ?? '') };
    return (await client.albums.addImages(album, image_ids, { signal, ...former })).results;
  }
  const request = { method: 'POST', body: { image_ids }, signal } as const;
  return ((await client.request(`/images/${step.kind}`, request)) as { readonly results: readonly Result[] }).results;
}
