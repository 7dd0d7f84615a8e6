import { maySee, requireChange } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { HeldImage, ReadyImage } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { uploadOfReplacement } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';
import { changeableImage } from '../images/visible-image.ts';
import { refusalOf } from './replace-picture.ts';

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
  const before = await replacedPicture(services, access, id);
  if (before) return before;
  const found = await changeableImage(services, access, id);
  const image = await services.finalize(found.id, client);
  if (image.id !== found.id) requireChange(access, image);
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

/** The picture whose bytes this upload, which ended with that, has brought. */
async function replacedPicture(
  { images }: Pick<Services, 'images'>,
  access: Access,
  id: string,
): Promise<ReadyImage | undefined> {
  const uploadId = parseImageId(id);
  const upload = uploadId && (await images.get(uploadId));
  if (upload?.status !== 'deleted' || !upload.replaces || !maySee(access, upload)) return undefined;
  const picture = await images.get(upload.replaces.imageId);
  if (picture?.status !== 'ready' || uploadOfReplacement(picture.objectKey) !== upload.id) return undefined;
  requireChange(access, picture);
  return picture;
}
