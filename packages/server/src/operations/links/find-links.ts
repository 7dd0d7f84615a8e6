import type { Access } from '../../domain/access/policy.ts';
import type { SignedLink } from '../../domain/access/signed-url.ts';
import { linksOf } from '../../domain/image/image.ts';
import { liveLinks } from '../../domain/image/share-link.ts';
import type { Services } from '../../services.ts';
import { visibleImage } from '../images/visible-image.ts';

/**
 * The links of an image that haven't expired, the oldest first; none unless it is ready, or was until a re-scan held
 * it. Errors: `image-not-found`.
 */
export async function findLinks(
  services: Pick<Services, 'images' | 'clock'>,
  access: Access,
  id: string,
): Promise<readonly SignedLink[]> {
  const image = await visibleImage(services, access, id);
  return liveLinks(linksOf(image), services.clock.now()).map((link) => ({ image, link }));
}
