import { maySee } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { invalidSignature, type Seal } from '../../domain/access/seal.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';
import { examined, requireLive, requireReady } from './read-image.ts';

/**
 * Images for callers without a credential. Each function reads the record first, whatever the request, and does no other work before the
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
 * The image of a signed URL of its presets, and the URL's expiry. Errors: `signature-invalid`, also if there is no such image or its URLs
 * were revoked; then `link-expired`, `image-not-found`, `image-not-ready`.
 */
export async function readImageByPresetUrl(
  { images, presetUrls }: Pick<Services, 'images' | 'presetUrls'>,
  id: string,
  { seal, now }: { readonly seal: Seal; readonly now: Date },
): Promise<{ readonly image: ReadyImage; readonly expiresAt: Date }> {
  const imageId = parseImageId(id);
  if (!imageId) throw invalidSignature(seal);
  const image = await images.get(imageId);
  const expiresAt = presetUrls.expiryOf(image ?? { id: imageId, epoch: 0 }, seal, now); // takes as long as for an image
  if (!image) throw invalidSignature(seal);
  return { image: requireReady(requireLive(image)), expiresAt };
}

/**
 * The image of a render URL whose signature is verified. Errors: `image-not-found`; `signature-invalid` if the URL was revoked; then
 * `image-not-ready`.
 */
export async function readImageByRenderUrl(
  services: Pick<Services, 'images' | 'finalize'>,
  { id, epoch, sig }: { readonly id: string; readonly epoch: number } & Pick<Seal, 'sig'>,
  client: Client,
): Promise<ReadyImage> {
  const imageId = parseImageId(id);
  const found = imageId && (await services.images.get(imageId));
  if (!found) throw new AppError('image-not-found', 'Image not found');
  if (found.epoch !== epoch) throw invalidSignature({ sig });
  return requireReady(await examined(services, found, client));
}
