import { type Album, newAlbum } from '../../domain/album/album.ts';
import type { Services } from '../../services.ts';

/** An album of a service of ours. */
export type ImportedAlbum = Pick<
  Album,
  'id' | 'userId' | 'title' | 'description' | 'order' | 'cover' | 'createdAt' | 'updatedAt'
>;

/**
 * Makes the album with its id; one that is there, or was deleted lately, stays. Its images say themselves that they are
 * in it, and may come later. Errors: `user-erased`, those of the store.
 */
export async function importAlbum(
  { albums, blocked }: Pick<Services, 'albums' | 'blocked'>,
  { cover, createdAt, updatedAt, ...named }: ImportedAlbum,
): Promise<void> {
  await blocked.requireUnblocked(named.userId);
  if (await albums.get(named.id)) return;
  await albums.create({ ...newAlbum(named, createdAt), cover, updatedAt });
}
