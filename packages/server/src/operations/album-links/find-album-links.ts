import type { Access } from '../../domain/access/policy.ts';
import { liveAlbumLinks } from '../../domain/album/album-link.ts';
import type { Services } from '../../services.ts';
import { visibleAlbum } from '../albums/visible-album.ts';
import type { LinkOfAlbum } from './create-album-link.ts';

/** The links of an album that haven't expired, the oldest first. Errors: `album-not-found`. */
export async function findAlbumLinks(
  services: Pick<Services, 'albums' | 'clock'>,
  access: Access,
  id: string,
): Promise<readonly LinkOfAlbum[]> {
  const album = await visibleAlbum(services, access, id);
  return liveAlbumLinks(album.links, services.clock.now()).map((link) => ({ album, link }));
}
