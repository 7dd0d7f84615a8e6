import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { withAlbumLinks } from '../../domain/album/album.ts';
import { liveAlbumLinks } from '../../domain/album/album-link.ts';
import type { LinkId } from '../../domain/image/share-link.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableAlbum } from '../albums/visible-album.ts';
import { linkNotFound } from '../links/open-link.ts';

export interface RevokeAlbumLinkInput {
  readonly id: string;
  readonly linkId: string;
  /** Whose turn it takes among the changes of this album's links. */
  readonly payer: Payer;
}

/**
 * Ends a link: the service refuses its URL, and those of all pictures that it showed, from now on. Errors:
 * `album-not-found`; `forbidden`; `link-not-found`, also if the link is revoked or has expired; `unavailable` if the
 * record keeps changing.
 */
export async function revokeAlbumLink(
  services: Pick<Services, 'albums' | 'linkTurns' | 'clock'>,
  access: Access,
  { id, linkId, payer }: RevokeAlbumLinkInput,
): Promise<LinkId> {
  const attempt = async () => {
    const album = await changeableAlbum(services, access, id);
    const now = services.clock.now();
    const links = liveAlbumLinks(album.links, now);
    const revoked = links.find((link) => link.id === linkId);
    if (!revoked) throw linkNotFound();
    const others = links.filter((link) => link !== revoked);
    return (await services.albums.replace(album, withAlbumLinks(album, others, now))) ? revoked.id : CHANGED;
  };
  return services.linkTurns.take(id.toLowerCase(), payer, () => retryWhileChanged(attempt));
}
