import type { ReadyImage } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { Services } from '../services.ts';
import { CHANGED, retryWhileChanged } from './retry-while-changed.ts';

/**
 * Writes what the service notes for itself on a ready image, whatever else changes on it; nothing where it isn't ready any more.
 * Errors: `unavailable` when others keep changing the record.
 */
export function amendImage(
  { images }: Pick<Services, 'images'>,
  id: ImageId,
  amend: (image: ReadyImage) => ReadyImage,
): Promise<void> {
  return retryWhileChanged(async () => {
    const image = await images.getToChange(id);
    if (image?.status !== 'ready') return undefined;
    const amended = amend(image);
    return amended === image || (await images.replace(image, amended)) ? undefined : CHANGED;
  });
}
