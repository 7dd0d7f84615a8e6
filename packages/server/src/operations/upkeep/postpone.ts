import { AppError } from '../../domain/errors.ts';
import { firstPurgeAt, firstRemovalAt, lastLookAt, lastRemovalAt, retryAt } from '../../domain/image/deadlines.ts';
import { heldSince } from '../../domain/image/hold.ts';
import {
  dueAt,
  type EndedImage,
  type HeldImage,
  type Image,
  isUntouched,
  type PendingImage,
  scheduleMaintenance,
} from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { abandoned } from '../uploads/claim.ts';

/**
 * Backs off after a failed sweep of the image: the delay grows with the time it has been failing, which its record
 * holds.
 */
export async function postpone(services: Pick<Services, 'images' | 'clock'>, { id }: Image): Promise<void> {
  const image = await imageToChange(services, id);
  const now = services.clock.now();
  if (!image || !(isDue(image, now) || isUnplanned(image))) return; // the failure itself has moved the image on
  await services.images.replace(image, dueLater(image, now));
}

/** The bytes arrived before the record was due. */
const isUnplanned = (image: Image): boolean => image.status === 'pending' && isUntouched(image);

export const isDue = (image: Image, now: Date): boolean => {
  const due = dueAt(image);
  return due !== null && due <= now;
};

/** Undefined also if a newer version has written the record meanwhile; in an outage the next page fails as well. */
async function imageToChange({ images }: Pick<Services, 'images'>, id: Image['id']): Promise<Image | undefined> {
  try {
    return await images.getToChange(id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

const dueLater = (image: Image, now: Date): Image => {
  switch (image.status) {
    case 'pending':
      return uploadDueLater(image, now);
    case 'held':
      return { ...image, screening: { ...image.screening, askAt: askLater(image, now) } };
    case 'ready':
      return scheduleMaintenance(image, retryAt(image.uploadedAt, now));
    case 'trashed':
      return { ...image, purgeAt: retryAt(firstPurgeAt(image), now) };
    case 'rejected':
    case 'expired':
    case 'deleted':
      return { ...image, remains: { removeAt: retryAt(removableSince(image, now), now) } };
  }
};

/** Not past its deadline, unless the failure is of what the deadline has decided. */
function askLater(image: HeldImage, now: Date): Date {
  const { deadline } = image.screening;
  const at = retryAt(heldSince(image), now);
  return now < deadline && deadline < at ? deadline : at;
}

/** A claimed image keeps in `lookAt` since when it fails, and the mark that its attempt may have left copies. */
function uploadDueLater(image: PendingImage, now: Date): PendingImage {
  const lastLook = lastLookAt(image.expiresAt);
  if (isUntouched(image) && now >= lastLook) return { ...image, lookAt: retryAt(lastLook, now) };
  const since = image.lookAt < now ? image.lookAt : now;
  return { ...abandoned(image, retryAt(since, now)), lookAt: since };
}

const removableSince = (image: EndedImage, now: Date): Date => {
  const last = lastRemovalAt(image);
  return last <= now ? last : firstRemovalAt(image.updatedAt);
};
