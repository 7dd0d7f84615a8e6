import { requireUnexpired } from '../../domain/access/seal.ts';
import type { AlbumLink } from '../../domain/album/album-link.ts';
import type { AlbumUrl } from '../../domain/album/album-url.ts';
import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';
import { type ReadAlbum, withImages } from '../albums/read-album.ts';
import { linkNotFound } from '../links/open-link.ts';
import type { LinkOfAlbum } from './create-album-link.ts';

/*
 * A link of an album, `GET /albums/{album_id}/links/{link_id}?exp=...&sig=...`, and what it shows.
 *
 * 1. http/admission/signed-urls.ts verifies the signature, which covers album, link and expiry, before the request is
 *    counted and before any look-up. A pass, which unlock-album-link.ts gives for the password, is opened there too.
 * 2. This file reads the album, on whose record the link stands (domain/album/album-link.ts).
 * 3. find-shared-images.ts lists the images. Their URLs have a signature of their own, which ends with the link's
 *    revision, the image's epoch and the pass (domain/album/album-url.ts).
 * 4. open-shared-image.ts reads image and album for each of these URLs: so it ends once the image leaves the album.
 */

/** A link that its holder may use. */
export interface OpenedAlbumLink extends LinkOfAlbum {
  /** When what is signed for this guest ends at the latest. */
  readonly endsAt: Date;
}

type OpenServices = Pick<Services, 'albums' | 'blocked' | 'clock'>;

/**
 * Errors, the first that applies: `link-not-found` if there is no such album or link; `link-expired` if it was
 * shortened; `password-required` without a pass of its present revision; `unavailable`.
 */
export async function openAlbumLink(services: OpenServices, url: AlbumUrl): Promise<OpenedAlbumLink> {
  const { album, link } = await lockedAlbumLink(services, url);
  const endsAt = passedUntil(link, url);
  if (endsAt === undefined) throw passwordRequired();
  return { album, link, endsAt };
}

/** As `openAlbumLink`, whether or not its holder knows the password. */
export async function lockedAlbumLink(
  { albums, blocked, clock }: OpenServices,
  { albumId, linkId }: AlbumUrl,
): Promise<LinkOfAlbum> {
  const album = await albums.get(albumId);
  const link = album && !album.deletion ? album.links.find((one) => one.id === linkId) : undefined;
  // An album of a user whose deletion has begun may still be there.
  if (!album || !link || (await blocked.isBlocked(album.userId))) throw linkNotFound();
  requireUnexpired(link.expiresAt, clock.now());
  return { album, link };
}

/** undefined: it lacks the pass that the link asks for. */
function passedUntil(link: AlbumLink, { expiresAt, pass, picture }: AlbumUrl): Date | undefined {
  const endsAt = link.expiresAt < expiresAt ? link.expiresAt : expiresAt;
  if (link.password === null || picture) return endsAt; // a picture's URL was signed for who knew it
  if (pass?.linkRevision !== link.revision) return undefined;
  return pass.expiresAt < endsAt ? pass.expiresAt : endsAt;
}

const passwordRequired = (): AppError =>
  new AppError('password-required', 'expected a valid pass of this link, as Authorization: Bearer; got none');

/** Errors: `forbidden`. */
export function requireView({ link }: Pick<OpenedAlbumLink, 'link'>): void {
  if (!link.allow.includes('view'))
    throw new AppError('forbidden', 'expected a link that shows its album; got one without the right to view');
}

/** An album as the holder of a link sees it. */
export interface SharedAlbum extends OpenedAlbumLink, Pick<ReadAlbum, 'cover'> {
  /** null: the link shows none of them. */
  readonly images: number | null;
}

/** Errors: those of `openAlbumLink`. */
export async function readSharedAlbum(
  services: OpenServices & Pick<Services, 'images'>,
  url: AlbumUrl,
): Promise<SharedAlbum> {
  const opened = await openAlbumLink(services, url);
  if (!opened.link.allow.includes('view')) return { ...opened, images: null, cover: null };
  const { images, cover } = await withImages(services, opened.album);
  return { ...opened, images, cover };
}
