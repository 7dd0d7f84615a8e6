import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type LiveImage, revokeLinks as withRevokedLinks } from '../../domain/image/image.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableImage, ownId } from '../images/visible-image.ts';

/**
 * Ends every URL of the image that the service has signed, of links, presets and renders. Errors: `image-not-found`,
 * `forbidden`, `unavailable` if the record keeps changing.
 */
export async function revokeLinks(
  services: Pick<Services, 'images' | 'linkTurns' | 'clock'>,
  access: Access,
  { id, payer }: { readonly id: string; readonly payer: Payer },
): Promise<LiveImage> {
  const attempt = async () => {
    const image = await changeableImage(services, access, id);
    const revoked = withRevokedLinks(image, services.clock.now());
    return (await services.images.replace(image, revoked)) ? revoked : CHANGED;
  };
  return services.linkTurns.take(await ownId(services, id), payer, () => retryWhileChanged(attempt));
}
