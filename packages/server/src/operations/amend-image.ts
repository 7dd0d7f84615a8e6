import type { ReadyImage } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { Services } from '../services.ts';

/** Writes what the service notes for itself on a ready image, whatever else changes on it; nothing where it isn't ready any more. */
export async function amendImage(
  { images }: Pick<Services, 'images'>,
  id: ImageId,
  amend: (image: ReadyImage) => ReadyImage,
): Promise<void> {
  for (;;) {
    const image = await images.getToChange(id);
    if (image?.status !== 'ready') return;
    const amended = amend(image);
    if (amended === image || (await images.replace(image, amended))) return;
  }
}
