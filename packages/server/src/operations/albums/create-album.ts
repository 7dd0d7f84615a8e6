import { ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type Album, type AlbumDescription, newAlbum } from '../../domain/album/album.ts';
import { parseAlbumId } from '../../domain/album/album-id.ts';
import type { Services } from '../../services.ts';

type CreateServices = Pick<Services, 'albums' | 'diskSpace' | 'clock' | 'newId'>;

/** An album without images. Errors: `invalid-request` without an owner, `insufficient-storage`. */
export async function createAlbum(
  { albums, diskSpace, clock, newId }: CreateServices,
  access: Access,
  described: Omit<AlbumDescription, 'cover'>,
): Promise<Album> {
  const userId = ownerOf(access);
  await diskSpace.require(0, 'reserve');
  const id = parseAlbumId(newId());
  if (id === undefined) throw new Error('expected a UUID as the id of an album; got another text');
  const album = newAlbum({ ...described, id, userId }, clock.now());
  await albums.create(album);
  return album;
}
