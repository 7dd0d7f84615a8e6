import { AppError } from '../../domain/errors.ts';
import { createdAt } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';
import { openAlbumLink } from '../album-links/open-album-link.ts';
import { noteImages } from '../albums/change-album.ts';
import { removeImage } from '../images/delete-image.ts';
import { visibleImage } from '../images/visible-image.ts';
import type { ContributionInput } from './complete-contribution.ts';
import { lentUpload } from './lent-upload.ts';

/** After that only the owner of the album removes it. */
const HOUR_MS = 3_600_000;

/**
 * Deletes for good what a guest uploaded within the last hour, unless its owner has moved it to the trash. Only that
 * guest does. Errors: those of `openAlbumLink`, `forbidden` without the right to add pictures, or an hour later;
 * `image-not-found`; `unavailable` if the record keeps changing.
 */
export async function takeBack(
  services: Pick<Services, 'albums' | 'blocked' | 'clock' | 'images' | 'objects' | 'multipart'>,
  { url, secret, imageId }: ContributionInput,
): Promise<void> {
  const opened = await openAlbumLink(services, url);
  const access = lentUpload({ opened, secret }, 'completeUpload');
  const read = async () => {
    const image = await visibleImage(services, access, imageId);
    if (services.clock.now().getTime() - createdAt(image.id).getTime() > HOUR_MS)
      throw new AppError('forbidden', 'expected a picture that was added within the last hour; got an older one');
    return image;
  };
  const removed = await removeImage(services, read);
  if (removed.status === 'ready') await noteImages(services, opened.album.id);
}
