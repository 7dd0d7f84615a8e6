import { AppError } from '../domain/errors.ts';
import { lastLookAt } from '../domain/grace.ts';
import { dueAt, type EndedImage, expire, type Image, type PendingImage, removed, tended } from '../domain/image.ts';
import type { Services } from '../services.ts';
import { abandoned, released, takeClaim } from './claim.ts';
import { type FinalizeServices, finalizeUpload } from './finalize-upload.ts';
import type { RenderServices } from './make-renditions.ts';
import { removeObjects } from './remove-objects.ts';
import { tendRenditions } from './tend-renditions.ts';

export type SweepServices = FinalizeServices & RenderServices;

/** A store or a decoder that fails now may do so for a while. */
const POSTPONED_MS = 60_000;

/** Does what is due of one image; what fails is told to `onFailure` and due again in a minute. */
export async function sweepImage(
  services: SweepServices,
  image: Image,
  onFailure: (error: unknown, id: Image['id']) => void,
): Promise<void> {
  try {
    await sweepDue(services, image);
  } catch (error) {
    onFailure(error, image.id);
    await postpone(services, image);
  }
}

async function sweepDue(services: SweepServices, image: Image): Promise<void> {
  switch (image.status) {
    case 'pending':
      return image.isDirect ? giveUp(services, image) : lookAgain(services, image);
    case 'ready':
      return tendRenditions(services, image.id);
    case 'rejected':
    case 'expired':
    case 'deleted':
      return clear(services, image);
  }
}

async function clear(services: SweepServices, image: EndedImage): Promise<void> {
  await removeObjects(services, image);
  await services.images.replace(image, removed(image, services.clock.now()));
}

/** A direct upload whose request died, or an upload that nothing came of. */
async function giveUp(services: SweepServices, image: PendingImage): Promise<void> {
  const expired = expire(image, services.clock.now());
  if (await services.images.replace(image, expired)) await clear(services, expired); // else changed since read
}

async function lookAgain(services: SweepServices, { id }: PendingImage): Promise<void> {
  try {
    await finalizeUpload(services, id);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'upload-missing') throw error;
    await missed(services, id);
  }
}

/** Nothing is there: it may still come, until the last look. */
async function missed(services: SweepServices, id: Image['id']): Promise<void> {
  const image = await services.images.get(id);
  const now = services.clock.now();
  if (image?.status !== 'pending' || !isDue(image, now)) return;
  const last = lastLookAt(image.expiresAt);
  if (now >= last) return giveUp(services, image);
  await using claim = await takeClaim(services, image); // which also removes what a lapsed claim left
  await claim?.settle((current) => ({ ...released(current), lookAt: lastLookAt(current.expiresAt) }));
}

async function postpone(services: Pick<Services, 'images' | 'clock'>, { id }: Image): Promise<void> {
  const image = await imageToChange(services, id);
  const now = services.clock.now();
  if (!image || !isDue(image, now)) return; // the failure itself moved it on
  const later = new Date(now.getTime() + POSTPONED_MS);
  if (image.status === 'pending') await services.images.replace(image, dueLater(image, later));
  else if (image.status === 'ready') await services.images.replace(image, tended(image, later));
  else await services.images.replace(image, { ...image, remains: { removeAt: later } });
}

/** Undefined, too, where a newer version has written it since it was found due; in an outage the next page fails as well. */
async function imageToChange({ images }: Pick<Services, 'images'>, id: Image['id']): Promise<Image | undefined> {
  try {
    return await images.getToChange(id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

/** A claim that lapsed leaves its mark, since its attempt may have left more. */
const dueLater = (image: PendingImage, later: Date): PendingImage =>
  image.claim ? abandoned(image, later) : { ...image, lookAt: later };

const isDue = (image: Image, now: Date): boolean => {
  const due = dueAt(image);
  return due !== null && due <= now;
};
