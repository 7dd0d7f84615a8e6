import { isFormerId } from '../../domain/former-id.ts';
import type { Image } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ImageRepository } from '../../records/images/image-repository.ts';

/**
 * `images`, which also finds an image by its id in an earlier service, so that this service's clients may go on using
 * it. Such ids are told by their version: all others cost nothing more. The image that is found has its own id, so
 * operations go on with that one.
 */
export const withFormerIds = (images: ImageRepository): ImageRepository => {
  const orFormer = async (id: ImageId, read: (id: ImageId) => Promise<Image | undefined>) => {
    const image = await read(id);
    if (image || !isFormerId(id)) return image;
    const found = await images.findByFormerId(id);
    return found && read(found.id);
  };
  return {
    ...images,
    get: (id) => orFormer(id, images.get),
    getToChange: (id) => orFormer(id, images.getToChange),
  };
};
