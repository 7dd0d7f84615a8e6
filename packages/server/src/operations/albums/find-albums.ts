import { ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type AlbumId, parseAlbumId } from '../../domain/album/album-id.ts';
import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';
import { allWithImages, type ReadAlbum, type ReadServices } from './read-album.ts';

export interface FoundAlbums {
  readonly albums: readonly ReadAlbum[];
  readonly nextCursor: string | null;
}

/** A page of an owner's albums, the newest first. Errors: `invalid-request` without an owner, `invalid-cursor`. */
export async function findAlbums(
  services: ReadServices & Pick<Services, 'cursors'>,
  access: Access,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
): Promise<FoundAlbums> {
  const userId = ownerOf(access);
  const filters = JSON.stringify(['albums', userId]);
  const after = cursor === undefined ? undefined : albumIn(services.cursors.open(cursor, filters));
  const { albums, next } = await services.albums.find({ userId, after, limit });
  return {
    albums: await allWithImages(services, albums),
    nextCursor: next && services.cursors.seal(next, filters),
  };
}

function albumIn(position: string): AlbumId {
  const id = parseAlbumId(position);
  if (id) return id;
  throw new AppError('invalid-cursor', 'expected a next_cursor of a list of albums; got another cursor');
}
