import { canRead, type Principal, requireChange } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { describe, isLive, type LiveImage, type UploadDescription } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';

export interface UpdateImageInput {
  readonly id: string;
  readonly changes: Partial<UploadDescription>;
  /** The acceptable revisions; undefined: any. */
  readonly expectedRevisions: readonly number[] | undefined;
}

/**
 * Updates an image's metadata; its bytes and its key stay. Errors: `revision-conflict`; `image-not-ready` for a rejected, expired or
 * deleted image, whose record has no metadata; `unavailable` if the record keeps changing.
 */
export async function updateImage(
  services: Pick<Services, 'images' | 'clock'>,
  principal: Principal,
  { id, changes, expectedRevisions }: UpdateImageInput,
): Promise<LiveImage> {
  const imageId = parseImageId(id);
  return retryWhileChanged(async () => {
    const image = imageId && (await services.images.get(imageId));
    if (!image || !isLive(image) || !canRead(principal, image)) {
      throw new AppError('image-not-found', 'Image not found');
    }
    requireChange(principal, image);
    if (image.status === 'rejected' || image.status === 'expired') {
      throw new AppError('image-not-ready', `expected a pending or ready image; got one that is ${image.status}`);
    }
    if (expectedRevisions && !expectedRevisions.includes(image.revision)) {
      const expected = expectedRevisions.map((revision) => `"${revision}"`).join(', ') || 'another';
      throw new AppError('revision-conflict', `expected revision ${expected}; got revision "${image.revision}"`);
    }
    if (Object.keys(changes).length === 0) return image;
    const changed = describe(image, changes, services.clock.now());
    return (await services.images.replace(image, changed)) ? changed : CHANGED;
  });
}
