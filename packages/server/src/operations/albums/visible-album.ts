import { mayChangeOf, maySeeOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { Album } from '../../domain/album/album.ts';
import { parseAlbumId } from '../../domain/album/album-id.ts';
import { AppError, albumNotFound } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

type Albums = Pick<Services, 'albums'>;

/** Errors: `album-not-found`, also for an album that is deleted or hidden from the caller. */
export async function visibleAlbum(services: Albums, access: Access, id: string): Promise<Album> {
  const album = await albumOrDeleted(services, access, id);
  if (album.deletion) throw albumNotFound();
  return album;
}

/** The album that the request changes. Errors: `album-not-found`, `forbidden`. */
export async function changeableAlbum(services: Albums, access: Access, id: string): Promise<Album> {
  const album = await visibleAlbum(services, access, id);
  requireChange(access, album);
  return album;
}

/** The album that the request deletes, which may be deleted already. Errors: `album-not-found`, `forbidden`. */
export async function deletableAlbum(services: Albums, access: Access, id: string): Promise<Album> {
  const album = await albumOrDeleted(services, access, id);
  requireChange(access, album);
  return album;
}

async function albumOrDeleted({ albums }: Albums, access: Access, id: string): Promise<Album> {
  const albumId = parseAlbumId(id);
  const album = albumId && (await albums.get(albumId));
  if (!album || !maySeeOf(access, album.userId)) throw albumNotFound();
  return album;
}

function requireChange(access: Access, { id, userId }: Album): void {
  if (!mayChangeOf(access, userId)) throw new AppError('forbidden', `Album ${id} belongs to another user`);
}
