import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { HeldImage } from '../../domain/image/image.ts';
import { nextGate, OWNER_GATE } from '../../domain/image/screening.ts';
import type { Preview } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';
import { makePreview, type PreviewServices } from './make-preview.ts';
import { readDecided } from './read-decided.ts';

export type ReviewServices = OriginalServices & PreviewServices & Pick<Services, 'images'>;

/**
 * The picture of a held image, as its gates see it, for those who decide about it. It is made for this client alone,
 * and stored nowhere. Errors: `image-not-found`; `not-awaited` if the image isn't held, also if it was decided while
 * the picture was made; those of `makePreview` and of the store.
 */
export const reviewImage = (services: ReviewServices, access: Access, id: string, client: Client): Promise<Preview> =>
  reviewHeld(services, () => readHeld(services, access, id), client);

/** Likewise, of the image that `read` finds and permits. Errors: those of `read` too. */
export async function reviewHeld(
  services: ReviewServices,
  read: () => Promise<HeldImage>,
  { payer, signal }: Client,
): Promise<Preview> {
  const image = await read();
  const { contentType, sizeBytes } = image;
  await using files = new AsyncDisposableStack();
  const fetch = async (abandoned: AbortSignal) => {
    const { path } = files.use(await checkOutOriginal(services, image, abandoned));
    return { path, contentType };
  };
  const turn = { urgency: 'request', payer, signal } as const;
  const making = makePreview(services, image, { sizeBytes, fetch }, turn);
  const made = await making.catch(async (error: unknown) => {
    await read(); // the bytes of a refused or deleted one are removed while they are read
    throw error;
  });
  await read();
  return made;
}

async function readHeld(services: ReviewServices, access: Access, id: string): Promise<HeldImage> {
  const image = await readDecided(services, access, id);
  if (image.status !== 'held')
    throw new AppError('not-awaited', `expected an image that is held; got status ${image.status}`);
  if (nextGate(image.screening.gates, image.screening.passed) !== OWNER_GATE) return image;
  throw new AppError(
    'not-awaited',
    'expected an image that waits for a gate of the service; got a guest’s, which waits for the owner of its album',
  );
}
