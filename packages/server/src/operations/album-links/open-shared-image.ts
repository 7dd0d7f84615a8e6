import { invalidSignature } from '../../domain/access/seal.ts';
import type { AlbumPicture, AlbumUrl } from '../../domain/album/album-url.ts';
import { memberIn } from '../../domain/album/membership.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { linkNotFound } from '../links/open-link.ts';
import { downloadsOf } from './link-terms.ts';
import { type OpenedAlbumLink, openAlbumLink, requireView } from './open-album-link.ts';

export interface OpenedSharedImage extends Pick<OpenedAlbumLink, 'album' | 'link'> {
  readonly image: ReadyImage;
  /** When its URL ends. */
  readonly expiresAt: Date;
}

/** What a guest gets of an image. */
export type SharedFile = 'preset' | 'jpeg' | 'original';

/**
 * An image by a URL that a link gave. Image and album are read each time: the URL ends with what either of them says.
 * Errors, the first that applies: `link-not-found` if there is no such image, album or link, the image isn't ready, or
 * not in the album; `link-expired`; `signature-invalid` if the URL was revoked, or the link changed; `forbidden`.
 */
export async function openSharedImage(
  services: Pick<Services, 'albums' | 'blocked' | 'images' | 'clock' | 'settings'>,
  url: AlbumUrl & { readonly picture: AlbumPicture },
  file: SharedFile,
): Promise<OpenedSharedImage> {
  const { imageId, epoch, linkRevision } = url.picture;
  const [{ album, link, endsAt }, image] = await Promise.all([
    openAlbumLink(services, url),
    services.images.get(imageId),
  ]);
  if (image?.status !== 'ready' || image.userId !== album.userId || !memberIn(image, album.id)) throw linkNotFound();
  if (epoch !== image.epoch || linkRevision !== link.revision) throw invalidSignature('revoked');
  requireView({ link });
  if (file !== 'preset' && !downloadsOf(services, link))
    throw new AppError('forbidden', 'expected a link that downloads; got one without the right to download');
  if (file === 'original' && !link.originals)
    throw new AppError('forbidden', 'expected a link that gives originals; got one without');
  return { album, link, image, expiresAt: endsAt };
}
