import { maySee, requireChange } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { type ReadyImage, restore } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { requireTrash, type TrashServices } from './trash-image.ts';
import { notInTrash } from './visible-image.ts';

export type RestoreServices = TrashServices & Pick<Services, 'filters'>;

/**
 * Takes an image out of the trash, also after its time there until the sweeper has deleted it. Errors:
 * `route-not-found` if the service has no trash, `image-not-found` if the image isn't trashed, `forbidden`,
 * `unavailable` if the record keeps changing.
 */
export async function restoreImage(services: RestoreServices, access: Access, id: string): Promise<ReadyImage> {
  requireTrash(services);
  const imageId = parseImageId(id);
  return retryWhileChanged(async () => {
    const image = imageId && (await services.images.get(imageId));
    if (image?.status !== 'trashed' || !maySee(access, image)) throw notInTrash();
    requireChange(access, image);
    const filteredBy = await services.filters.written(); // after the refusals, whose calls tell nothing
    const restored = restore(image, services.clock.now(), filteredBy);
    return (await services.images.replace(image, restored)) ? restored : CHANGED;
  });
}
