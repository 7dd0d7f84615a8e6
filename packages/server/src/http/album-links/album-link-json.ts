import { readUrlExpiry } from '../../domain/access/signed-url.ts';
import { maxBytesWithin } from '../../domain/access/upload-bounds.ts';
import { type AlbumLink, urlEndsAt } from '../../domain/album/album-link.ts';
import { takenAt } from '../../domain/facts/taken-at.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { refuseUndecoded } from '../../domain/image/undecoded-type.ts';
import type { LinkOfAlbum } from '../../operations/album-links/create-album-link.ts';
import { downloadsOf } from '../../operations/album-links/link-terms.ts';
import type { OpenedAlbumLink } from '../../operations/album-links/open-album-link.ts';
import type { Services } from '../../services.ts';
import { isoTime } from '../answers/iso-time.ts';
import type { PresetVersions } from '../images/image-view.ts';

/** A link as the owner of the album sees it. */
export function albumLinkJson(
  { albumLinks }: Pick<Services, 'albumLinks'>,
  origin: string,
  { album, link }: LinkOfAlbum,
) {
  const path = { albumId: album.id, linkId: link.id };
  const query = albumLinks.queryFor(path, urlEndsAt(link));
  return {
    link_id: link.id,
    album_id: album.id,
    page_url: `${origin}/s/albums/${album.id}/${link.id}?${query}`,
    url: `${origin}/albums/${album.id}/links/${link.id}?${query}`,
    allow: link.allow,
    originals: link.originals,
    card: link.card,
    has_password: link.password !== null,
    max_images: link.maxImages,
    max_bytes: link.maxBytes,
    content_types: link.contentTypes,
    approve: link.approve,
    created_at: isoTime(link.createdAt),
    expires_at: isoTime(link.expiresAt),
  };
}

/** What guests of the link may add; null: nothing. */
export function contributionsJson({ settings }: Pick<Services, 'settings'>, link: AlbumLink) {
  if (!link.allow.includes('contribute')) return null;
  const accepted = MEDIA_TYPES.filter((type) => refuseUndecoded(type, settings.maxPixels) === undefined);
  return {
    max_bytes: maxBytesWithin(settings.maxUploadBytes, link),
    content_types: accepted.filter((type) => link.contentTypes?.includes(type) ?? true),
    approve: link.approve,
  };
}

type SharedServices = Pick<Services, 'albumPictures' | 'clock' | 'settings'> & PresetVersions;

/** The JSON of images for the guests of a link. Its URLs end together, at the latest with the link and the pass. */
export function sharedImageJson(
  { albumPictures, clock, settings, sharedPresetVersions }: SharedServices,
  origin: string,
  { album, link, endsAt }: OpenedAlbumLink,
) {
  const window = readUrlExpiry(clock.now(), settings.readUrlSeconds);
  const expiresAt = endsAt < window ? endsAt : window;
  const showing = { albumId: album.id, linkId: link.id, link };
  const downloads = downloadsOf({ settings }, link);

  return (image: ReadyImage) => {
    const seal = albumPictures.queryFor(showing, image, expiresAt);
    const at = `${origin}/albums/${album.id}/links/${link.id}/images/${image.id}`;
    const renditions = sharedPresetVersions.map(({ name, versionFor }): [string, string] => [
      name,
      `${at}/renditions/${name}?v=${versionFor(image)}&${seal}`,
    ]);
    return {
      image_id: image.id,
      filename: image.filename,
      content_type: image.contentType,
      width: image.width,
      height: image.height,
      description: image.description,
      taken_at: (image.facts && takenAt(image.facts)?.at) ?? null,
      placeholder: image.placeholder,
      dominant_color: image.dominantColor,
      renditions: Object.fromEntries(renditions),
      download_url: downloads ? `${at}/download?${seal}` : null,
      original_url: downloads && link.originals ? `${at}/download?original=true&${seal}` : null,
    };
  };
}
