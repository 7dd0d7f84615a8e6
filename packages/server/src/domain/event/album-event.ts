import type { Album } from '../album/album.ts';
import type { ImageId } from '../image/image-id.ts';
import { ALBUM_CHANGED, type ImageEvent } from './image-event.ts';

/**
 * The event of a change of an album, or of its images: undefined for those that leave a deleted album. It is in the
 * form of an image's event, so that earlier versions keep it in the log, and leave it out of what they read.
 */
export function albumEventOf(from: Album | undefined, to: Album): ImageEvent | undefined {
  if (from?.deletion) return undefined;
  return {
    type: ALBUM_CHANGED,
    imageId: String(to.id) as ImageId,
    userId: to.userId,
    revision: to.version,
    status: to.deletion ? 'deleted' : 'ready',
    code: null,
    changed: [],
    at: to.updatedAt,
  };
}
