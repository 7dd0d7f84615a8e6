import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../domain/errors.ts';
import { type Image, type PendingImage, publish, type Rejection, reject } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import { acceptedType } from '../domain/media-type.ts';
import { incomingKey, type ObjectKey, originalKey } from '../domain/object-key.ts';
import type { ObjectHead } from '../object-store/object-store.ts';
import type { Services } from '../services.ts';
import { type HeldClaim, hasLiveClaim, takeClaim } from './claim.ts';

type FinalizeServices = Pick<Services, 'images' | 'objects' | 'imaging' | 'clock' | 'newId' | 'settings'>;

/** How long a second finalizer waits for the first one's verdict. */
const WAIT_SECONDS = 20;
const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;

/**
 * Looks at what was uploaded, then makes the image ready or rejected; whoever comes second gets the first one's verdict.
 * Errors: `image-not-found`, `upload-missing` (nothing there yet: the image stays pending), `decoder-failed` (it stays
 * pending too), `unavailable`.
 */
export async function finalizeUpload(services: FinalizeServices, id: ImageId): Promise<Exclude<Image, PendingImage>> {
  const deadline = services.clock.now().getTime() + WAIT_SECONDS * 1000;
  let lookAgainMs = FIRST_LOOK_MS;
  for (;;) {
    const image = await services.images.get(id);
    if (!image) throw new AppError('image-not-found', 'Image not found');
    if (image.status !== 'pending') {
      await services.objects.delete([incomingKey(image.userId, id)]); // what comes too late is not kept
      return image;
    }
    if (image.isDirect) throw new AppError('upload-missing', 'The image is still being uploaded');
    const head = await services.objects.head(incomingKey(image.userId, id));
    if (!head) throw new AppError('upload-missing', 'Nothing was uploaded yet');
    if (!hasLiveClaim(image, services.clock.now())) {
      await using claim = await takeClaim(services, image);
      if (claim && image.claim) await services.objects.delete([originalKey(image, image.claim.attempt)]); // superseded
      const decided = claim && (await decide(services, claim, head));
      if (decided) return decided;
      continue; // changed since we read it
    }
    if (services.clock.now().getTime() > deadline) {
      throw new AppError('unavailable', 'The image is being examined; try again', { retryAfterSeconds: 5 });
    }
    await delay(lookAgainMs);
    lookAgainMs = Math.min(lookAgainMs * 2, LONGEST_LOOK_MS);
  }
}

/** Copy first, verify the copy, then publish: nobody has a URL for the copy, so what was verified is what is served. */
async function decide(
  services: FinalizeServices,
  claim: HeldClaim,
  head: ObjectHead,
): Promise<Exclude<Image, PendingImage> | undefined> {
  const { image, attempt } = claim;
  const incoming = incomingKey(image.userId, image.id);
  const original = originalKey(image, attempt);
  const { maxUploadBytes } = services.settings;
  if (head.sizeBytes > maxUploadBytes) {
    const detail = `expected at most ${maxUploadBytes} bytes; came ${head.sizeBytes}`;
    return refuse(services, claim, { code: 'upload-too-large', detail }, [incoming]);
  }

  let isPublished = false;
  try {
    const declaredType = acceptedType(image.contentType);
    if (!declaredType) throw new Error(`image ${image.id} was granted for ${image.contentType}`);
    if (!(await services.objects.copy(incoming, original, { contentType: declaredType }))) return undefined;
    await using file = await services.objects.checkOut(original, { maxBytes: maxUploadBytes });
    if (!file) return undefined; // deleted meanwhile
    const inspection = await services.imaging.inspect(file.path, declaredType);
    if (inspection.outcome === 'refused') return await refuse(services, claim, inspection.rejection, [incoming]);

    const verified = { ...inspection.image, sizeBytes: file.sizeBytes, sha256: file.sha256 };
    const ready = await claim.settle((current) => publish(current, verified, original, services.clock.now()));
    isPublished = ready !== undefined;
    if (isPublished) await services.objects.delete([incoming]);
    return ready;
  } finally {
    if (!isPublished) await services.objects.delete([original]);
  }
}

async function refuse(
  services: FinalizeServices,
  claim: HeldClaim,
  rejection: Rejection,
  keys: readonly ObjectKey[],
): Promise<Exclude<Image, PendingImage> | undefined> {
  const rejected = await claim.settle((current) => reject(current, rejection, services.clock.now()));
  if (rejected) await services.objects.delete(keys);
  return rejected;
}
