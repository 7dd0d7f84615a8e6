import type { Access } from '../../domain/access/policy.ts';
import { type Image, isStored, type LiveImage, type TrashedImage, tombstone } from '../../domain/image/image.ts';
import { incomingKeyOf } from '../../domain/image/object-key.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import { abortParts, renditionsOf } from './image-objects.ts';
import { changeableOrTrashedImage } from './visible-image.ts';

/** How long a delete waits for the store to remove the bytes. */
const REMOVAL_MS = 2_000;

/**
 * Hides the image at once, whatever its state, also in the trash, and removes its bytes if the store is quick;
 * otherwise the sweeper removes them. Returns it as it was. Errors: `image-not-found`, `forbidden`, `unavailable` if
 * the record keeps changing.
 */
export async function deleteImage(
  services: Pick<Services, 'images' | 'objects' | 'multipart' | 'clock'>,
  access: Access,
  id: string,
): Promise<LiveImage | TrashedImage> {
  return removeImage(services, () => changeableOrTrashedImage(services, access, id));
}

/**
 * Likewise, of the image that `read` finds and permits. Errors: those of `read`, `unavailable`.
 */
export async function removeImage(
  services: Pick<Services, 'images' | 'objects' | 'multipart' | 'clock'>,
  read: () => Promise<LiveImage | TrashedImage>,
): Promise<LiveImage | TrashedImage> {
  const deleted = await retryWhileChanged(async () => {
    const image = await read();
    return (await services.images.replace(image, tombstone(image, services.clock.now()))) ? image : CHANGED;
  });
  await waitAtMost(REMOVAL_MS, removeBytes(services, deleted)); // the sweeper removes what is left
  return deleted;
}

async function removeBytes(services: Pick<Services, 'objects' | 'multipart'>, image: Image): Promise<void> {
  await abortParts(services, image);
  const incoming = incomingKeyOf(image);
  if (!isStored(image)) return services.objects.delete([incoming]);
  await services.objects.delete([image.objectKey, incoming]);
  await services.objects.delete(await renditionsOf(services, image));
}
