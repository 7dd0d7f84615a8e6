import type { Access } from '../../domain/access/policy.ts';
import { type Album, deleteAlbum } from '../../domain/album/album.ts';
import { invalidField } from '../../domain/errors.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { deletableAlbum } from './visible-album.ts';

type DeleteServices = Pick<Services, 'albums' | 'clock' | 'settings'>;

/**
 * Deletes an album: nobody sees it any more, and no image comes into it. The sweeper takes its images out, or moves
 * them to the trash (`withImages`). Deleting it again tells how far that is. Errors: `album-not-found`, `forbidden`,
 * `invalid-request` for `withImages` without a trash, `unavailable` if the record keeps changing.
 */
export async function removeAlbum(
  { albums, clock, settings }: DeleteServices,
  access: Access,
  { id, withImages }: { readonly id: string; readonly withImages: boolean },
): Promise<Album & { readonly deletion: NonNullable<Album['deletion']> }> {
  if (withImages && settings.trashDays === 0)
    throw invalidField('?with_images', 'expected false, since this service has no trash (TRASH_DAYS=0); got true');
  return retryWhileChanged(async () => {
    const album = await deletableAlbum({ albums }, access, id);
    const { deletion } = album;
    if (deletion) return { ...album, deletion };
    const deleted = deleteAlbum(album, withImages, clock.now());
    if (!(await albums.replace(album, deleted)) || !deleted.deletion) return CHANGED;
    return { ...deleted, deletion: deleted.deletion };
  });
}
