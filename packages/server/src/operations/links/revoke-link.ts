import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { linksOf, withoutLink } from '../../domain/image/image.ts';
import { type LinkId, liveLinks } from '../../domain/image/share-link.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableImage, ownId } from '../images/visible-image.ts';
import { linkNotFound } from './open-link.ts';

export interface RevokeLinkInput {
  readonly id: string;
  readonly linkId: string;
  /** Whose turn it takes among the changes of this image's links. */
  readonly payer: Payer;
}

/**
 * Ends one link: its URL opens nothing from now on. Errors: `image-not-found`; `forbidden`; `link-not-found`, also if
 * the link is revoked or has expired; `unavailable` if the record keeps changing.
 */
export async function revokeLink(
  services: Pick<Services, 'images' | 'linkTurns' | 'clock'>,
  access: Access,
  { id, linkId, payer }: RevokeLinkInput,
): Promise<LinkId> {
  const attempt = async () => {
    const image = await changeableImage(services, access, id);
    const revoked = liveLinks(linksOf(image), services.clock.now()).find((link) => link.id === linkId);
    if (!revoked) throw linkNotFound();
    return (await services.images.replace(image, withoutLink(image, revoked))) ? revoked.id : CHANGED;
  };
  return services.linkTurns.take(await ownId(services, id), payer, () => retryWhileChanged(attempt));
}
