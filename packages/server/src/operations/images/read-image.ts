import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, isTransient } from '../../domain/errors.ts';
import {
  backsOffUntil,
  type Image,
  type LiveImage,
  type PendingImage,
  type ReadyImage,
} from '../../domain/image/image.ts';
import { type Seat, takeSeat } from '../../flow/places.ts';
import type { Services } from '../../services.ts';
import { requireLive, visibleImage } from './visible-image.ts';

type ReadServices = Pick<Services, 'images' | 'finalize'>;

const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1_000;

/**
 * The image in any state that its id finds. A pending image is examined first, because its bytes may have arrived
 * without an event.
 */
export async function readImage(
  services: ReadServices,
  access: Access,
  id: string,
  client: Client,
): Promise<LiveImage> {
  return examined(services, await visibleImage(services, access, id), client);
}

/**
 * A pending image is finalized first if its bytes have arrived. Errors: `image-not-found` for one that is trashed or
 * deleted.
 */
export const examined = async (services: ReadServices, found: Image, client: Client): Promise<LiveImage> =>
  found.status === 'pending' ? lookAt(services, found, client) : requireLive(found);

async function lookAt(services: ReadServices, { id }: PendingImage, client: Client): Promise<LiveImage> {
  const decided = await services.finalize(id, client).catch(unlessMissing);
  // An upload that replaced a picture has ended with it.
  return requireLive(decided?.id === id ? decided : await services.images.get(id));
}

/**
 * The image once it is no longer pending, when finalizing takes longer than a request, after `waitSeconds`, or when too
 * many wait and this is the newest of the payer with most.
 */
export async function awaitImage(
  services: ReadServices & Pick<Services, 'clock' | 'longPolls'>,
  access: Access,
  { id, waitSeconds }: { id: string; waitSeconds: number },
  client: Client,
): Promise<LiveImage> {
  const waitsUntilMs = services.clock.elapsedMs() + waitSeconds * 1000;
  using seats = new DisposableStack();
  let seat: Seat | undefined;
  for (let lookAgainMs = FIRST_LOOK_MS; ; lookAgainMs = Math.min(lookAgainMs * 2, LONGEST_LOOK_MS)) {
    const image = await readImage(services, access, id, client).catch((error: unknown) =>
      asItStands(services, access, id, error),
    );
    const leftMs = waitsUntilMs - services.clock.elapsedMs();
    if (image.status !== 'pending' || leftMs <= 0 || backsOffUntil(image, services.clock.now())) return image;
    seat ??= seats.use(takeSeat(services.longPolls, client.payer));
    if (seat.taken.aborted) return image;
    await delay(Math.min(lookAgainMs, leftMs), undefined, { signal: seat.taken }).catch(() => undefined);
    if (seat.taken.aborted) return image;
  }
}

/** A failed examination is not the caller's error: the answer is the record as it is. */
async function asItStands(services: ReadServices, access: Access, id: string, error: unknown): Promise<LiveImage> {
  if (!(error instanceof AppError && isTransient(error))) throw error;
  return visibleImage(services, access, id).catch((other: unknown) => {
    throw other instanceof AppError && other.code === 'image-not-found' ? error : other;
  });
}

/** The image if its bytes may be served. Errors: `image-not-ready`, with the reason. */
export async function readReadyImage(
  services: ReadServices,
  access: Access,
  id: string,
  client: Client,
): Promise<ReadyImage> {
  return requireReady(await readImage(services, access, id, client));
}

/** Errors: `image-not-ready`, with the reason. */
export function requireReady(image: LiveImage): ReadyImage {
  if (image.status === 'ready') return image;
  const reason = image.status === 'rejected' ? `: ${image.rejection.detail}` : '';
  throw new AppError('image-not-ready', `expected a ready image; got status ${image.status}${reason}`, {
    params: { status: image.status },
  });
}

const unlessMissing = (error: unknown): undefined => {
  if (error instanceof AppError && error.code === 'upload-missing') return undefined;
  throw error;
};
