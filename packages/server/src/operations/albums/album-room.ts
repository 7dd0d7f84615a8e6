import { type Album, MAX_IMAGES_BY_HAND, MAX_IMAGES_OF_ALBUM } from '../../domain/album/album.ts';
import { albumFull } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** The most images that the album may have. */
export const mostImagesOf = ({ order }: Pick<Album, 'order'>): number =>
  order === 'manual' ? MAX_IMAGES_BY_HAND : MAX_IMAGES_OF_ALBUM;

/** For one image more; those that are on their way aren't counted. Errors: `album-full`. */
export async function requireRoom({ albums }: Pick<Services, 'albums'>, album: Album): Promise<void> {
  const limit = mostImagesOf(album);
  const [count = 0] = await albums.count([album]);
  if (count >= limit) throw albumFull(`expected fewer than ${limit} images in the album; got ${count}`, limit);
}
