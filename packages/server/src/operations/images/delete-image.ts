import { maySee, requireChange } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { type Image, isPublished, tombstone } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { incomingKey } from '../../domain/image/object-key.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import { renditionsOf } from './image-objects.ts';

/** How long a delete waits for the store to remove the bytes. */
const REMOVAL_MS = 2_000;

/**
 * Hides the image at once, whatever its state, also in the trash, and removes its bytes if the store is quick; otherwise the
 * sweeper removes them. Errors: `image-not-found`, `forbidden`, `unavailable` if the record keeps changing.
 */
export async function deleteImage(
  services: Pick<Services, 'images' | 'objects' | 'clock'>,
  access: Access,
  id: string,
): Promise<void> {
  const imageId = parseImageId(id);
  const deleted = await retryWhileChanged(async () => {
    const image = imageId && (await services.images.get(imageId));
    if (!image || image.status === 'deleted' || !maySee(access, image)) {
      throw new AppError('image-not-found', 'Image not found');
    }
    requireChange(access, image);
    return (await services.images.replace(image, tombstone(image, services.clock.now()))) ? image : CHANGED;
  });
  await waitAtMost(REMOVAL_MS, removeBytes(services, deleted)); // the sweeper removes what is left
}

async function removeBytes(services: Pick<Services, 'objects'>, image: Image): Promise<void> {
  const incoming = incomingKey(image.userId, image.id);
  if (!isPublished(image)) return services.objects.delete([incoming]);
  await services.objects.delete([image.objectKey, incoming]);
  await services.objects.delete(await renditionsOf(services, image));
}
