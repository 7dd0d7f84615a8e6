import { type Album, MAX_IMAGES_BY_HAND, MAX_IMAGES_OF_ALBUM } from '../../domain/album/album.ts';
import { albumFull } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** For one image more; those that are on their way aren't counted. Errors: `album-full`. */
export async function requireRoom({ albums }: Pick<Services, 'albums'>, album: Album): Promise<void> {
  const limit = album.order === 'manual' ? MAX_IMAGES_BY_HAND : MAX_IMAGES_OF_ALBUM;
  const [count = 0] = await albums.count([album]);
  if (count >= limit) throw albumFull(`expected fewer than ${limit} images in the album; got ${count}`, limit);
}
