import { AppError } from '../domain/errors.ts';
import type { Image, ReadyImage } from '../domain/image.ts';
import { type ImageId, parseImageId } from '../domain/image-id.ts';
import { canRead, type Principal } from '../domain/principal.ts';
import type { Services } from '../services.ts';
import { finalizeUpload } from './finalize-upload.ts';

type ReadServices = Pick<Services, 'images' | 'objects' | 'imaging' | 'clock' | 'newId' | 'settings'>;

/** The ready image of this id. A pending one is looked at first: its bytes may have come without anyone saying so. */
export async function readImage(services: ReadServices, principal: Principal, id: string): Promise<ReadyImage> {
  const imageId = parseImageId(id);
  const found = imageId && (await services.images.get(imageId));
  if (!found || !canRead(principal, found)) throw new AppError('image-not-found', 'Image not found');
  const image = found.status === 'pending' ? await finalizeIfUploaded(services, found.id) : found;
  if (!image || image.status === 'deleted') throw new AppError('image-not-found', 'Image not found');
  if (image.status === 'ready') return image;
  const reason = image.status === 'rejected' ? `: ${image.rejection.detail}` : '';
  throw new AppError('image-not-ready', `expected a ready image; this one is ${image.status}${reason}`);
}

async function finalizeIfUploaded(services: ReadServices, id: ImageId): Promise<Image | undefined> {
  try {
    return await finalizeUpload(services, id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'upload-missing') return services.images.get(id);
    throw error;
  }
}
