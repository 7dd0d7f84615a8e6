import { maySee } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { HeldImage, LiveImage, ReadyImage } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';
import { changeableImage } from '../images/visible-image.ts';
import { pictureOf, refusalOf } from './replace-picture.ts';

/**
 * Finalizes an upload because a client asks for it. One that replaced a picture answers that picture, each time.
 * Errors: `upload-missing` while nothing was uploaded; the
 * rejection's code and detail, each time; `image-not-found` if trashed or deleted; `image-not-ready` if expired;
 * `revision-conflict` if the picture that it was to replace has changed.
 */
export async function finalizeOnRequest(
  services: Pick<Services, 'images' | 'finalize'>,
  access: Access,
  id: string,
  client: Client,
): Promise<ReadyImage | HeldImage> {
  let found: LiveImage;
  try {
    found = await changeableImage(services, access, id);
  } catch (error) {
    const picture = await replacedBefore(services, access, id);
    if (picture) return picture; // as it was read: other bytes may come now, which this caller may not know
    throw error;
  }
  const image = await services.finalize(found.id, client);
  switch (image.status) {
    case 'ready':
    case 'held':
      return image;
    case 'rejected':
      throw refusalOf(image);
    case 'expired':
      throw new AppError('image-not-ready', 'expected an upload that has not expired; got an expired one', {
        params: { status: 'expired' },
      });
    case 'trashed':
    case 'deleted':
      throw new AppError('image-not-found', 'Image not found');
  }
}

/** The picture whose bytes this upload has replaced, if the caller may see the upload. */
async function replacedBefore(
  services: Pick<Services, 'images'>,
  access: Access,
  id: string,
): Promise<ReadyImage | undefined> {
  const uploadId = parseImageId(id);
  const upload = uploadId && (await services.images.get(uploadId));
  return upload && maySee(access, upload) ? pictureOf(services, upload) : undefined;
}
