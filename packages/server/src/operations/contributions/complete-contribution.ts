import type { Client } from '../../domain/access/client.ts';
import type { GuestSecret } from '../../domain/access/guest-actor.ts';
import type { AlbumUrl } from '../../domain/album/album-url.ts';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { openAlbumLink } from '../album-links/open-album-link.ts';
import { visibleImage } from '../images/visible-image.ts';
import { lentUpload } from './lent-upload.ts';

export interface ContributionInput {
  readonly url: AlbumUrl;
  readonly secret: GuestSecret;
  readonly imageId: string;
}

type CompleteServices = Pick<Services, 'albums' | 'blocked' | 'clock' | 'images' | 'finalize'>;

/**
 * Has the bytes that a guest uploaded verified, and tells what became of them: also later, for its own uploads alone.
 * Errors: those of `openAlbumLink`, `forbidden`; `image-not-found` also for what is trashed or deleted;
 * `upload-missing` while nothing was uploaded; those of the finalizer.
 */
export async function completeContribution(
  services: CompleteServices,
  { url, secret, imageId }: ContributionInput,
  client: Client,
): Promise<Image> {
  const opened = await openAlbumLink(services, url);
  const access = lentUpload({ opened, secret }, 'completeUpload');
  const before = await visibleImage(services, access, imageId);
  const image = before.status === 'pending' ? await services.finalize(before.id, client) : before;
  if (image.status === 'trashed' || image.status === 'deleted')
    throw new AppError('image-not-found', 'Image not found');
  return image;
}
