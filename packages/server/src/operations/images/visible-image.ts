import { maySee, requireChange } from '../../domain/access/access.ts';
import type { Access, Owned } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { isFormerId } from '../../domain/former-id.ts';
import {
  type Image,
  isLive,
  isStored,
  type LiveImage,
  type StoredImage,
  type TrashedImage,
} from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';

type Images = Pick<Services, 'images'>;

/**
 * The image as it is recorded, if it exists for this request: a pending one isn't finalized first. Errors:
 * `image-not-found`, also for an image that is trashed, deleted or hidden from the caller.
 */
export const visibleImage = async (services: Images, access: Access, id: string): Promise<LiveImage> =>
  requireLive(await recordOf(services, access, id));

/** The live image that the request changes. Errors: `image-not-found`, `forbidden`. */
export async function changeableImage(services: Images, access: Access, id: string): Promise<LiveImage> {
  const image = await visibleImage(services, access, id);
  requireChange(access, image);
  return image;
}

/** The image that the request changes, which may be in the trash. Errors: `image-not-found`, `forbidden`. */
export async function changeableOrTrashedImage(
  services: Images,
  access: Access,
  id: string,
): Promise<LiveImage | TrashedImage> {
  const image = await recordOf(services, access, id);
  if (!image || image.status === 'deleted') throw imageNotFound();
  requireChange(access, image);
  return image;
}

/** The image if it is in the trash and exists for this request. Errors: `image-not-found`. */
export async function trashedImage(services: Images, access: Access, id: string): Promise<TrashedImage> {
  const image = await recordOf(services, access, id);
  if (image?.status === 'trashed') return image;
  throw notInTrash();
}

/** Errors: `image-not-found`. */
export function requireLive(image: Image | undefined): LiveImage {
  if (image && isLive(image)) return image;
  throw imageNotFound();
}

/** Errors: `image-not-ready` for an image whose bytes aren't verified. */
export function requireVerified(image: LiveImage): Extract<LiveImage, StoredImage> {
  if (isStored(image)) return image;
  throw new AppError('image-not-ready', `expected an image whose bytes are verified; got status ${image.status}`, {
    params: { status: image.status },
  });
}

/** Errors: `image-not-found` for an image of another user: in open mode it is visible to everyone. */
export function requireOwnedBy(image: Owned, userId: string): void {
  if (image.userId !== userId) throw imageNotFound();
}

/** The record of an image that the caller may see, in any state. */
async function recordOf({ images }: Images, access: Access, id: string): Promise<Image | undefined> {
  const imageId = parseImageId(id);
  const image = imageId && (await images.get(imageId));
  return image && maySee(access, image) ? image : undefined;
}

/** The image's own id in place of its id in an earlier service. Other texts aren't looked up. */
export async function ownId({ images }: Images, text: string): Promise<string> {
  const id = parseImageId(text);
  const image = id && isFormerId(id) ? await images.get(id) : undefined;
  return image?.id ?? text.toLowerCase();
}

export const notInTrash = (): AppError =>
  new AppError('image-not-found', 'expected a trashed image; got none with this id');

const imageNotFound = (): AppError => new AppError('image-not-found', 'Image not found');
