import { maySee, requireChange } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { isLive, type LiveImage } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';

/** The image whose links are read. A pending image isn't finalized first, since it has no links. Errors: `image-not-found`. */
export async function visibleImage(
  { images }: Pick<Services, 'images'>,
  access: Access,
  id: string,
): Promise<LiveImage> {
  const imageId = parseImageId(id);
  const image = imageId && (await images.get(imageId));
  if (!image || !isLive(image) || !maySee(access, image)) throw new AppError('image-not-found', 'Image not found');
  return image;
}

/** The image whose links are changed. Errors: `image-not-found`, `forbidden`. */
export async function changeableImage(
  services: Pick<Services, 'images'>,
  access: Access,
  id: string,
): Promise<LiveImage> {
  const image = await visibleImage(services, access, id);
  requireChange(access, image);
  return image;
}
