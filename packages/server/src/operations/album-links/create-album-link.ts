import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type Album, withAlbumLinks } from '../../domain/album/album.ts';
import {
  type AlbumLink,
  type AlbumLinkTerms,
  liveAlbumLinks,
  MAX_ALBUM_LINKS,
  newLinkRevision,
} from '../../domain/album/album-link.ts';
import { passwordText } from '../../domain/album/password-text.ts';
import { AppError } from '../../domain/errors.ts';
import { newLinkId } from '../../domain/image/share-link.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableAlbum } from '../albums/visible-album.ts';
import { expiryOf, requireTerms } from './link-terms.ts';
import { inPasswordTurn } from './password-turn.ts';

export interface CreateAlbumLinkInput extends Omit<AlbumLinkTerms, 'expiresAt' | 'password'> {
  readonly id: string;
  readonly expiresInSeconds: number;
  /** As the guest will type it; null: none. */
  readonly password: string | null;
}

/** A link, and the album on which it stands. */
export interface LinkOfAlbum {
  readonly album: Album;
  readonly link: AlbumLink;
}

type CreateServices = Pick<
  Services,
  'albums' | 'diskSpace' | 'linkTurns' | 'passwordPlaces' | 'clock' | 'randomBytes' | 'settings'
>;

/**
 * Adds a link to an album, and drops those that have expired. Errors: `album-not-found`, `forbidden`,
 * `invalid-request`, `too-many-links`, `insufficient-storage`, `overloaded` for a password, `unavailable` if the record
 * keeps changing.
 */
export async function createAlbumLink(
  services: CreateServices,
  access: Access,
  { id, expiresInSeconds, password, ...given }: CreateAlbumLinkInput,
  client: Client,
): Promise<LinkOfAlbum> {
  const { albums, diskSpace, linkTurns, clock, randomBytes } = services;
  requireTerms(services, access, { ...given, password }, given);
  await changeableAlbum(services, access, id); // before the work for a password
  await diskSpace.require(0, 'reserve');
  const text = password === null ? null : await inPasswordTurn(services, client, () => passwordText(password));
  const linkId = newLinkId(randomBytes);
  const attempt = async () => {
    const album = await changeableAlbum(services, access, id);
    const made = album.links.find((one) => one.id === linkId);
    if (made) return { album, link: made }; // the answer to an earlier attempt was lost
    const now = clock.now();
    const links = liveAlbumLinks(album.links, now);
    if (links.length >= MAX_ALBUM_LINKS) {
      const detail = `expected fewer than ${MAX_ALBUM_LINKS} links that have not expired; got ${links.length}: revoke one first`;
      throw new AppError('too-many-links', detail, { params: { limit: MAX_ALBUM_LINKS } });
    }
    const terms = { ...given, expiresAt: expiryOf(now, expiresInSeconds), password: text };
    const link = { ...terms, id: linkId, revision: newLinkRevision(randomBytes), createdAt: now };
    const linked = withAlbumLinks(album, [...links, link], now);
    return (await albums.replace(album, linked)) ? { album: linked, link } : CHANGED;
  };
  return linkTurns.take(id.toLowerCase(), client.payer, () => retryWhileChanged(attempt));
}
