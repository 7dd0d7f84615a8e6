import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { type HeldImage, type ReadyImage, rejected } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { changeableImage } from '../images/visible-image.ts';

/**
 * Finalizes an upload because a client asks for it. Errors: `upload-missing` while nothing was uploaded; the
 * rejection's code and detail, each time; `image-not-found` if trashed or deleted; `image-not-ready` if expired.
 */
export async function finalizeOnRequest(
  services: Pick<Services, 'images' | 'finalize'>,
  access: Access,
  id: string,
  client: Client,
): Promise<ReadyImage | HeldImage> {
  const found = await changeableImage(services, access, id);
  const image = await services.finalize(found.id, client);
  switch (image.status) {
    case 'ready':
    case 'held':
      return image;
    case 'rejected':
      throw rejected(image.rejection);
    case 'expired':
      throw new AppError('image-not-ready', 'expected an upload that has not expired; got an expired one', {
        params: { status: 'expired' },
      });
    case 'trashed':
    case 'deleted':
      throw new AppError('image-not-found', 'Image not found');
  }
}
