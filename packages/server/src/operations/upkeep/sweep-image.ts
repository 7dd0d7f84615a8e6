import { AppError } from '../../domain/errors.ts';
import { lastLookAt } from '../../domain/image/deadlines.ts';
import {
  type EndedImage,
  expire,
  extend,
  type Image,
  isUntouched,
  type PendingImage,
  type TrashedImage,
  tombstone,
} from '../../domain/image/image.ts';
import { incomingKeyOf, type ObjectKey } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';
import { abortParts, objectsOf } from '../images/image-objects.ts';
import { nextLookAt } from '../ingest/fetch-plan.ts';
import { type FetchServices, fetchUpload, giveUpFetch } from '../ingest/fetch-upload.ts';
import { maintainRenditions } from '../renditions/maintain-renditions.ts';
import type { RenderServices } from '../renditions/make-renditions.ts';
import { missingParts } from '../uploads/assemble-parts.ts';
import { abandoned, released, takeClaim } from '../uploads/claim.ts';
import { endOfParts } from '../uploads/grant-parts.ts';
import { isDue } from './postpone.ts';

export type SweepServices = RenderServices &
  FetchServices &
  Pick<Services, 'filters' | 'newId' | 'multipart' | 'finalize' | 'gates' | 'jobs'>;

/** The objects to remove of an image that is over. */
export interface Removal {
  readonly image: EndedImage;
  readonly keys: readonly ObjectKey[];
}

export type Outcome = Removal | 'done';

/** Does what a few calls can do for a due image; returns `work` if it needs more: decoding, or a claim. */
export async function lookAtDue(services: SweepServices, image: Image): Promise<Outcome | 'work'> {
  switch (image.status) {
    case 'pending':
      return image.fetchFrom === null && isUntouched(image) && services.clock.now() >= lastLookAt(image.expiresAt)
        ? takeLastLook(services, image)
        : 'work';
    case 'held':
      return 'done'; // its lane has a round of its own
    case 'ready':
      return 'work';
    case 'trashed':
      return purge(services, image);
    case 'rejected':
    case 'expired':
    case 'deleted':
      await abortParts(services, image);
      return { image, keys: await objectsOf(services, image) };
  }
}

/** Does what `lookAtDue` returned as `work`. */
export async function workOnDue(services: SweepServices, image: Image): Promise<Outcome> {
  switch (image.status) {
    case 'pending':
      if (image.fetchFrom !== null) return lookAfterFetch(services, image);
      return image.isDirect ? giveUp(services, image) : lookAgain(services, image);
    case 'ready':
      await maintainRenditions(services, image.id);
      return 'done';
    case 'held':
    case 'trashed':
    case 'rejected':
    case 'expired':
    case 'deleted':
      return 'done'; // handled by `lookAtDue`
  }
}

/** An image whose time in the trash has ended. */
async function purge(services: SweepServices, image: TrashedImage): Promise<Outcome> {
  const deleted = tombstone(image, services.clock.now());
  if (!(await services.images.replace(image, deleted))) return 'done'; // restored or deleted since it was read
  return { image: deleted, keys: await objectsOf(services, deleted) };
}

/** An upload that was never claimed: most of these got no bytes. */
async function takeLastLook(services: SweepServices, image: PendingImage): Promise<Outcome | 'work'> {
  const key = incomingKeyOf(image);
  if (await services.objects.head(key)) return 'work';
  const parts = await missingParts(services, image);
  if (parts?.missing === 0) return 'work';
  if (parts && (await goesOn(services, image, parts))) return 'done';
  const expired = expire(image, services.clock.now());
  if (!(await services.images.replace(image, expired))) return 'done'; // changed since it was read
  await abortParts(services, expired);
  return { image: expired, keys: [key] }; // a PUT may have ended since
}

/** Whether an upload in parts of which something has arrived has its time yet. */
async function goesOn(
  services: SweepServices,
  image: PendingImage,
  { received }: { readonly received: number },
): Promise<boolean> {
  const end = endOfParts(services, image);
  if (received === 0 || image.expiresAt >= end) return false;
  await services.images.replace(image, extend(image, end));
  return true;
}

/** A direct upload whose request died, or an upload without a verdict. */
async function giveUp(services: SweepServices, image: PendingImage): Promise<Outcome> {
  const expired = expire(image, services.clock.now());
  if (!(await services.images.replace(image, expired))) return 'done'; // changed since it was read
  await abortParts(services, expired);
  return { image: expired, keys: await objectsOf(services, expired) };
}

/** Fetching takes long, so it is a job, unless there is no queue. */
async function lookAfterFetch(services: SweepServices, image: PendingImage): Promise<Outcome> {
  if (services.clock.now() >= image.expiresAt) await giveUpFetch(services, image);
  else if (services.settings.queuesJobs) await hintAgain(services, image);
  else await fetchUpload(services, image.id);
  return 'done';
}

/** The job was lost, or died. */
async function hintAgain(services: SweepServices, image: PendingImage): Promise<void> {
  const { id, claim, expiresAt } = image;
  await services.jobs.send({ kind: 'fetch', imageId: id });
  const next = nextLookAt(services, 0);
  const lookAt = next < expiresAt ? next : expiresAt;
  await services.images.replace(image, { ...(claim ? abandoned(image, lookAt) : image), lookAt });
}

async function lookAgain(services: SweepServices, { id }: PendingImage): Promise<Outcome> {
  try {
    await services.finalize(id);
    return 'done';
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'upload-missing') throw error;
    return missed(services, id);
  }
}

/** The bytes are missing but may still arrive, until the last examination. */
async function missed(services: SweepServices, id: Image['id']): Promise<Outcome> {
  const image = await services.images.get(id);
  const now = services.clock.now();
  if (image?.status !== 'pending' || !isDue(image, now)) return 'done';
  if (now >= lastLookAt(image.expiresAt)) {
    const parts = await missingParts(services, image);
    return parts && (await goesOn(services, image, parts)) ? 'done' : giveUp(services, image);
  }
  await using claim = await takeClaim(services, image); // also removes the leftovers of a lapsed claim
  await claim?.settle((current) => {
    const lookAt = lastLookAt(current.expiresAt);
    return { ...(claim.isSuccessor ? abandoned(current, lookAt) : released(current)), lookAt };
  });
  return 'done';
}
