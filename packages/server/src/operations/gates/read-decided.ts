import { maySee } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';

/**
 * The record of an image for those who moderate: also in the trash, and without finalizing it. Errors:
 * `image-not-found`.
 */
export async function readDecided({ images }: Pick<Services, 'images'>, access: Access, id: string): Promise<Image> {
  const imageId = parseImageId(id);
  const image = imageId && (await images.get(imageId));
  if (image && image.status !== 'deleted' && maySee(access, image)) return image;
  throw new AppError('image-not-found', 'Image not found');
}
