import { canRead, type Principal, requireChange } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { describe, type LiveImage, type UploadDescription } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';

export interface UpdateImageInput {
  readonly id: string;
  readonly changes: Partial<UploadDescription>;
  /** The revisions the caller would change; undefined: whichever it is. */
  readonly expectedRevisions: readonly number[] | undefined;
}

/**
 * Changes what is said of an image; its bytes and its key stay. Errors: `revision-conflict`; `image-not-ready` of one that is
 * over, whose record keeps nothing of what was said; `unavailable` when others keep changing the record.
 */
export async function updateImage(
  services: Pick<Services, 'images' | 'clock'>,
  principal: Principal,
  { id, changes, expectedRevisions }: UpdateImageInput,
): Promise<LiveImage> {
  const imageId = parseImageId(id);
  return retryWhileChanged(async () => {
    const image = imageId && (await services.images.get(imageId));
    if (!image || image.status === 'deleted' || !canRead(principal, image)) {
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
