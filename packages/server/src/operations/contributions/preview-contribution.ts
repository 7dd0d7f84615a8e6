import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { HeldImage } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Preview } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';
import { visibleAlbum } from '../albums/visible-album.ts';
import { type ReviewServices, reviewHeld } from '../gates/review-image.ts';
import { isContribution, waitsForOwner } from './find-contributions.ts';

/**
 * A picture of a guest as its owner sees it before the decision: all gates of the service have passed it. It is made
 * for this client alone. Errors: `album-not-found`; `image-not-found` if no guest of the album added it; `not-awaited`
 * unless it waits for the owner; those of `reviewHeld`.
 */
export async function previewContribution(
  services: ReviewServices & Pick<Services, 'albums'>,
  access: Access,
  { id, imageId: text }: { readonly id: string; readonly imageId: string },
  client: Client,
): Promise<Preview> {
  const album = await visibleAlbum(services, access, id);
  const imageId = parseImageId(text);
  const read = async (): Promise<HeldImage> => {
    const image = imageId && (await services.images.get(imageId));
    if (!image || image.status === 'deleted' || image.userId !== album.userId || !isContribution(image, album.id))
      throw new AppError('image-not-found', 'Image not found');
    if (waitsForOwner(image, album.id)) return image;
    throw new AppError('not-awaited', 'expected a picture that waits for the owner of the album; got another');
  };
  return reviewHeld(services, read, client);
}
