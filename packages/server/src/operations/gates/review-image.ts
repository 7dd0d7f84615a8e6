import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { HeldImage } from '../../domain/image/image.ts';
import type { Preview } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';
import { makePreview, type PreviewServices } from './make-preview.ts';
import { readDecided } from './read-decided.ts';

type ReviewServices = OriginalServices & PreviewServices & Pick<Services, 'images'>;

/**
 * The picture of a held image, as its gates see it, for those who decide about it. It is made for this client alone,
 * and stored nowhere. Errors: `image-not-found`; `not-awaited` if the image isn't held, also if it was decided while
 * the picture was made; those of `makePreview` and of the store.
 */
export async function reviewImage(
  services: ReviewServices,
  access: Access,
  id: string,
  { payer, signal }: Client,
): Promise<Preview> {
  const image = await readHeld(services, access, id);
  const { contentType, sizeBytes } = image;
  await using files = new AsyncDisposableStack();
  const fetch = async (abandoned: AbortSignal) => {
    const { path } = files.use(await checkOutOriginal(services, image, abandoned));
    return { path, contentType };
  };
  const turn = { urgency: 'request', payer, signal } as const;
  const making = makePreview(services, image, { sizeBytes, fetch }, turn);
  const made = await making.catch(async (error: unknown) => {
    await readHeld(services, access, id); // the bytes of a refused or deleted one are removed while they are read
    throw error;
  });
  await readHeld(services, access, id);
  return made;
}

async function readHeld(services: ReviewServices, access: Access, id: string): Promise<HeldImage> {
  const image = await readDecided(services, access, id);
  if (image.status === 'held') return image;
  throw new AppError('not-awaited', `expected an image that is held; got status ${image.status}`);
}
