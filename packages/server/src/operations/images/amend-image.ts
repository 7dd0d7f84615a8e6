import type { ReadyImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';

/**
 * Writes internal notes on a ready image, whatever else changes on it; does nothing if the image is no longer ready.
 * Errors: `unavailable` if the record keeps changing.
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
