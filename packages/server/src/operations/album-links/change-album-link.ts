import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { withAlbumLinks } from '../../domain/album/album.ts';
import {
  type AlbumLink,
  type AlbumLinkTerms,
  changeAlbumLink as changedLink,
  DEFAULT_MAX_IMAGES,
  liveAlbumLinks,
  newLinkRevision,
} from '../../domain/album/album-link.ts';
import { passwordText } from '../../domain/album/password-text.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableAlbum } from '../albums/visible-album.ts';
import { linkNotFound } from '../links/open-link.ts';
import type { LinkOfAlbum } from './create-album-link.ts';
import { expiryOf, requireReached, requireTerms } from './link-terms.ts';
import { inPasswordTurn } from './password-turn.ts';

export interface ChangeAlbumLinkInput {
  readonly id: string;
  readonly linkId: string;
  readonly changes: Partial<Omit<AlbumLinkTerms, 'expiresAt' | 'password'>>;
  /** From now on; undefined: as before. */
  readonly expiresInSeconds: number | undefined;
  /** As the guest will type it; null: none any more; undefined: as before. */
  readonly password: string | null | undefined;
}

type ChangeServices = Pick<
  Services,
  'albums' | 'diskSpace' | 'linkTurns' | 'passwordPlaces' | 'clock' | 'randomBytes' | 'settings'
>;

/**
 * Changes a link, whose URL stays. If it takes something from guests, what they got by it until now ends: they open it
 * again. Errors: `album-not-found`, `forbidden`, `link-not-found`, `invalid-request`, `insufficient-storage`,
 * `overloaded` for a password, `unavailable` if the record keeps changing.
 */
export async function changeAlbumLink(
  services: ChangeServices,
  access: Access,
  { id, linkId, changes: asked, expiresInSeconds, password }: ChangeAlbumLinkInput,
  client: Client,
): Promise<LinkOfAlbum> {
  const { albums, diskSpace, linkTurns, clock, randomBytes } = services;
  const losesFiles = asked.allow !== undefined && !asked.allow.includes('download') && asked.originals === undefined;
  const changes = { ...(losesFiles && { originals: false }), ...asked };
  const read = async () => {
    const album = await changeableAlbum(services, access, id);
    const links = liveAlbumLinks(album.links, clock.now());
    const link = links.find((one) => one.id === linkId);
    if (!link) throw linkNotFound();
    requireTerms(services, access, { ...link, ...changes, ...(password !== undefined && { password }) }, changes);
    return { album, links, link };
  };
  await read(); // before the work for a password
  await diskSpace.require(0, 'reserve');
  const text =
    typeof password === 'string' ? await inPasswordTurn(services, client, () => passwordText(password)) : password;
  const attempt = async () => {
    const { album, links, link } = await read();
    const now = clock.now();
    const given: Partial<AlbumLinkTerms> = {
      ...(takesAnyNumber(link, changes) && { maxImages: DEFAULT_MAX_IMAGES }),
      ...changes,
      ...(expiresInSeconds !== undefined && { expiresAt: expiryOf(now, expiresInSeconds) }),
      ...(text !== undefined && { password: text }),
    };
    const changed = changedLink(link, given, newLinkRevision(randomBytes));
    requireReached(changed);
    const others = links.map((one) => (one.id === linkId ? changed : one));
    const linked = withAlbumLinks(album, others, now);
    return (await albums.replace(album, linked)) ? { album: linked, link: changed } : CHANGED;
  };
  return linkTurns.take(id.toLowerCase(), client.payer, () => retryWhileChanged(attempt));
}

/** Guests may add pictures from now on, and nobody has said how many. */
const takesAnyNumber = ({ allow, maxImages }: AlbumLink, changes: Partial<AlbumLinkTerms>): boolean =>
  changes.allow?.includes('contribute') === true && !allow.includes('contribute') && maxImages === null;
