import { AppError } from '../../domain/errors.ts';
import {
  type DeletedImage,
  type HeldImage,
  type Image,
  type ReadyImage,
  type RejectedImage,
  type Replaced,
  reject,
  rejected,
  tombstone,
} from '../../domain/image/image.ts';
import { type ObjectKey, replacementKey, uploadOfReplacement } from '../../domain/image/object-key.ts';
import { withBytesOf } from '../../domain/image/replace.ts';
import { nextGate, REPLACE_GATE } from '../../domain/image/screening.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { decide } from '../gates/ask-gates.ts';
import { discard, objectsOf } from '../images/image-objects.ts';
import { sendMaintenance } from '../renditions/send-maintenance.ts';

export type ReplaceServices = Pick<Services, 'images' | 'objects' | 'jobs' | 'clock' | 'observe'>;

/** An upload whose bytes are to take the place of a picture's. */
export type ReplacingUpload = HeldImage & { readonly replaces: Replaced };

/** The objects of `ended` are to be removed. */
export type Replacement =
  | { readonly outcome: 'replaced'; readonly picture: ReadyImage; readonly ended: DeletedImage }
  | { readonly outcome: 'refused'; readonly ended: RejectedImage };

/** Whether the bytes have passed all gates, and are to take the place of a picture's. */
export const waitsToReplace = (image: Image): image is ReplacingUpload =>
  image.status === 'held' &&
  image.replaces !== null &&
  nextGate(image.screening.gates, image.screening.passed) === REPLACE_GATE;

/**
 * Puts the bytes of an upload in the place of the picture's that it names, and ends the upload; refuses it if that
 * picture has other bytes than when the upload was granted, or isn't ready. May be repeated after any step:
 *
 * 1. The bytes are copied below the picture's prefix, under a key that has the upload's id.
 * 2. One write gives the picture that key, and all that is known of the bytes. Readers have the former bytes until
 *    then, and these from then on.
 * 3. The upload ends. If that fails, the sweeper comes back to it, and finds the picture with that key.
 * 4. The maintenance that the picture's record schedules removes what was made of the former bytes a minute later, when
 *    requests that began before have ended, and those bytes within a day: a backup may be about to copy them.
 *
 * undefined if the upload was decided otherwise meanwhile. Errors: those of the store and of the repository.
 */
export async function replacePicture(
  services: ReplaceServices,
  upload: ReplacingUpload,
): Promise<Replacement | undefined> {
  const details = await services.images.details(upload);
  let copied: { readonly key: ObjectKey; readonly objectTag: string | null } | undefined;
  const done = await retryWhileChanged(async () => {
    const picture = await services.images.getToChange(upload.replaces.imageId);
    if (picture?.status !== 'ready') return { got: picture?.status ?? ('deleted' as const) };
    if (uploadOfReplacement(picture.objectKey) === upload.id) return { picture };
    if (picture.sha256 !== upload.replaces.sha256)
      return { got: 'changed' as const, left: replacementKey(picture, upload) };
    copied ??= await copy(services, { upload, picture });
    if (copied === undefined) return undefined; // the upload was ended meanwhile
    const at = services.clock.now();
    const { key: objectKey, objectTag } = copied;
    const next = withBytesOf(picture, upload, { objectKey, objectTag, maintainAt: at, at });
    return (await services.images.replace(picture, next, { details })) ? { picture: next } : CHANGED;
  });
  if (done === undefined) return undefined;
  if ('got' in done) {
    const ended = await refuse(services, upload, done.got);
    const left = copied?.key ?? done.left; // also of a process that died before it ended the upload
    if (left !== undefined) await discard(services, [left]);
    return ended && { outcome: 'refused', ended };
  }

  const { picture } = done;
  const ended = tombstone(upload, services.clock.now());
  await services.images.replace(upload, ended); // if it has changed, the sweeper or another process ends it
  await sendMaintenance(services, picture.id);
  return { outcome: 'replaced', picture, ended };
}

/**
 * The picture in whose place the bytes of an upload are now, or the upload. What goes wrong is left to the sweeper: the
 * bytes are verified.
 */
export async function settleReplacement<Settled extends Image>(
  services: ReplaceServices,
  image: Settled,
): Promise<Settled | HeldImage | ReadyImage | RejectedImage> {
  if (!waitsToReplace(image)) return (await pictureOf(services, image)) ?? image;
  try {
    const done = await replacePicture(services, image);
    if (!done) return (await settledElsewhere(services, image)) ?? image;
    await discard(services, await objectsOf(services, done.ended));
    return done.outcome === 'replaced' ? done.picture : done.ended;
  } catch (error) {
    services.observe({ event: 'sweep-postponed', subject: image.id, error });
    return image;
  }
}

/** What another process, which came first, has made of an upload that was held. */
async function settledElsewhere(
  services: ReplaceServices,
  { id }: ReplacingUpload,
): Promise<HeldImage | ReadyImage | RejectedImage | undefined> {
  const upload = await services.images.getToChange(id);
  if (upload?.status === 'held' || upload?.status === 'rejected') return upload;
  return pictureOf(services, upload);
}

/** The picture that has the bytes of this upload, which ended when it got them; undefined: there is none. */
export async function pictureOf(
  { images }: Pick<Services, 'images'>,
  upload: Image | undefined,
): Promise<ReadyImage | undefined> {
  if (upload?.status !== 'deleted' || !upload.replaces) return undefined;
  const picture = await images.get(upload.replaces.imageId);
  return picture?.status === 'ready' && uploadOfReplacement(picture.objectKey) === upload.id ? picture : undefined;
}

/** Why an upload was rejected. */
export const refusalOf = ({ rejection, replaces, decisions }: RejectedImage): AppError =>
  replaces && decisions.at(-1)?.gate === REPLACE_GATE
    ? new AppError('revision-conflict', rejection.detail)
    : rejected(rejection);

async function copy(
  { objects }: ReplaceServices,
  { upload, picture }: { readonly upload: HeldImage; readonly picture: ReadyImage },
) {
  const to = replacementKey(picture, upload);
  const { contentType, objectTag, sizeBytes } = upload;
  const options = { contentType, sizeBytes, ...(objectTag !== null && { ifMatch: objectTag }) };
  const key = await objects.copy(upload.objectKey, () => to, options);
  const head = key && (await objects.head(key));
  return head && { key, objectTag: objectTag && head.entityTag };
}

/** undefined: the upload was decided otherwise meanwhile. */
async function refuse(
  services: ReplaceServices,
  upload: HeldImage,
  got: 'changed' | Image['status'],
): Promise<RejectedImage | undefined> {
  const verdict = {
    verdict: 'refuse',
    reason: `expected the picture as it was when its replacement was granted; got ${GOT[got]}`,
    privateReason: null,
  } as const;
  const { decision, refusal } = decide(services, { imageId: upload.id, gate: REPLACE_GATE, by: 'gate', verdict });
  if (!refusal) throw new Error('a refusal was decided as a pass');
  const rejected = reject(upload, refusal, decision.at, [decision]);
  return (await services.images.replace(upload, rejected)) ? rejected : undefined;
}

const GOT: Readonly<Record<'changed' | Image['status'], string>> = {
  changed: 'one with other bytes',
  pending: 'one without bytes',
  held: 'one that is held',
  ready: 'another one',
  trashed: 'one in the trash',
  rejected: 'one that was refused',
  expired: 'one that has expired',
  deleted: 'one that was deleted',
};
