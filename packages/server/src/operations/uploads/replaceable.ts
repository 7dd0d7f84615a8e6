import { ownerOf, requirePermission } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { requireReady } from '../images/read-image.ts';
import { changeableImage, requireOwnedBy } from '../images/visible-image.ts';

/**
 * The picture whose bytes the caller may replace. Errors: `missing-scope` without `images:write`, `image-not-found`,
 * `forbidden`, `image-not-ready`.
 */
export async function replaceable(services: Pick<Services, 'images'>, access: Access, id: string): Promise<ReadyImage> {
  const changing: Access = { ...access, operation: 'changeImage' };
  requirePermission(changing);
  const image = await changeableImage(services, changing, id);
  requireOwnedBy(image, ownerOf(access));
  return requireReady(image);
}
