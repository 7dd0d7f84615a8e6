import { maySee } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { invalidSignature } from '../../domain/access/seal.ts';
import type { SignedUrl } from '../../domain/access/signed-url.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';
import { examined, requireReady } from './read-image.ts';
import { requireLive } from './visible-image.ts';

/**
 * Images for callers without a credential. Each function reads the record first, and does no other work before the
 * caller is admitted.
 */

/** The image if anyone may see its presets now; undefined for any other image, and for none. */
export async function readPublicImage(
  { images }: Pick<Services, 'images'>,
  access: Access,
  id: string,
): Promise<ReadyImage | undefined> {
  const imageId = parseImageId(id);
  const image = imageId && (await images.get(imageId));
  return image?.status === 'ready' && maySee(access, image) ? image : undefined;
}

/**
 * The image of a signed URL of its presets, and the URL's expiry. Errors: `signature-invalid`, also if there is no such
 * image or its URLs were revoked; then `image-not-found`, `image-not-ready`.
 */
export async function readImageByPresetUrl(
  { images }: Pick<Services, 'images'>,
  { imageId, epoch, expiresAt }: SignedUrl,
): Promise<{ readonly image: ReadyImage; readonly expiresAt: Date | null }> {
  const image = await images.get(imageId);
  if (image?.epoch !== epoch) throw invalidSignature('revoked');
  return { image: requireReady(requireLive(image)), expiresAt };
}

/**
 * The image of a signed URL of a render. Errors: `image-not-found`; `signature-invalid` if the URL was revoked; then
 * `image-not-ready`.
 */
export async function readImageByRenderUrl(
  services: Pick<Services, 'images' | 'finalize'>,
  { imageId, epoch }: SignedUrl,
  client: Client,
): Promise<ReadyImage> {
  const found = await services.images.get(imageId);
  if (!found) throw new AppError('image-not-found', 'Image not found');
  if (found.epoch !== epoch) throw invalidSignature('revoked');
  return requireReady(await examined(services, found, client));
}
