import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../domain/access/client.ts';
import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { maxBytesOfUpload } from '../../domain/access/upload-bounds.ts';
import { AppError, type RejectionCode } from '../../domain/errors.ts';
import {
  backsOffUntil,
  type DecidedImage,
  isStored,
  isUnseen,
  type PendingImage,
  recordCrash,
  reject,
} from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import { acceptedType } from '../../domain/image/media-type.ts';
import { incomingKeyOf, type ObjectKey, originalKey } from '../../domain/image/object-key.ts';
import { abortReason } from '../../flow/abort.ts';
import type { CheckedOutFile, ObjectHead } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { discard } from '../images/image-objects.ts';
import { assembleParts, missingParts } from './assemble-parts.ts';
import { abandoned, type HeldClaim, hasLiveClaim, released, takeClaim } from './claim.ts';
import { type CopyUploadInput, copyUpload, requireSize } from './copy-upload.ts';
import { gatesOfUpload, noteArrival } from './guest-upload.ts';
import { type PublishImageInput, publishImage } from './publish-image.ts';
import { settleReplacement } from './replace-picture.ts';
import { type Verdict, verifyBytes } from './verify-bytes.ts';

type FinalizeServices = Pick<
  Services,
  | 'albums'
  | 'images'
  | 'filters'
  | 'objects'
  | 'multipart'
  | 'staging'
  | 'diskSpace'
  | 'jobs'
  | 'imaging'
  | 'gates'
  | 'clock'
  | 'newId'
  | 'settings'
  | 'observe'
  | 'tracing'
>;

/** How long a concurrent finalizer waits for the verdict of the first. */
const WAIT_SECONDS = 20;
const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;

/**
 * Verifies the uploaded bytes and makes the image ready, held or rejected; a concurrent call waits for the first one's
 * verdict. After a decoder crash nothing is decoded before the backoff ends. Without a client nobody waits for the
 * verdict. Errors: `image-not-found`; `upload-missing` (nothing there yet); `decoder-failed` (now or recently),
 * `overloaded`, `insufficient-storage` and `unavailable`, after which the image stays pending for another try; the
 * client's abort reason if it left before a decision.
 */
export async function finalizeUpload(services: FinalizeServices, id: ImageId, client?: Client): Promise<DecidedImage> {
  const waitsUntilMs = services.clock.elapsedMs() + WAIT_SECONDS * 1000;
  let lookAgainMs = FIRST_LOOK_MS;
  for (;;) {
    if (client?.signal.aborted) throw abortReason(client.signal);
    const image = await services.images.getToChange(id);
    if (!image) throw new AppError('image-not-found', 'Image not found');
    if (image.status !== 'pending') {
      await discard(services, [incomingKeyOf(image)]); // a final record: remove late bytes
      return settleReplacement(services, image);
    }
    if (image.isDirect)
      throw new AppError('upload-missing', 'expected a complete upload; got one that is still in progress');
    if (image.fetchFrom !== null)
      throw new AppError('upload-missing', 'expected the bytes of the URL; got none yet: they are being fetched');
    requireNoBackoff(image, services.clock.now());
    if (!hasLiveClaim(image, services.clock.now())) {
      const head = await services.objects.head(incomingKeyOf(image));
      const parts = head ? undefined : await missingParts(services, image);
      const isHere = head !== undefined || parts?.missing === 0;
      if (!isHere && (await isStillFree(services, id))) throw uploadMissing(parts);
      await using claim = isHere ? await takeClaim(services, image) : undefined;
      if (claim && isUnseen(image)) {
        const sinceGrantMs = Math.max(services.clock.now().getTime() - createdAt(id).getTime(), 0);
        services.observe({ event: 'upload-arrived', imageId: id, form: 'presigned', sinceGrantMs });
      }
      const decided = claim && (await traced(services, image, () => decide(services, claim, { head, client })));
      if (decided) return settleReplacement(services, decided);
    }
    if (services.clock.elapsedMs() > waitsUntilMs) {
      throw new AppError('unavailable', 'The image is being verified; try again', { retryAfterSeconds: 5 });
    }
    await delay(lookAgainMs);
    lookAgainMs = Math.min(lookAgainMs * 2, LONGEST_LOOK_MS);
  }
}

/** Goes on with the trace of the grant, whoever found the bytes. */
function traced<Result>(
  { tracing }: Pick<FinalizeServices, 'tracing'>,
  { id, trace }: PendingImage,
  work: () => Promise<Result>,
): Promise<Result> {
  const [name, attributes] = ['finalize', { 'safelight.image.id': id }];
  if (trace === null) return tracing.span(name, attributes, work);
  return tracing.continued({ parent: trace, name, kind: 'internal', attributes }, work);
}

function uploadMissing(parts?: { readonly missing: number; readonly received: number }): AppError {
  if (!parts) return new AppError('upload-missing', 'expected the uploaded bytes; got none yet');
  const detail = `expected all ${parts.missing + parts.received} parts of the upload; got ${parts.received} yet`;
  return new AppError('upload-missing', detail);
}

function requireNoBackoff(image: PendingImage, now: Date): void {
  if (!backsOffUntil(image, now)) return;
  const detail = 'expected an upload that crashed no decoder lately; got one that did: it is tried again later';
  throw withBackoff(new AppError('decoder-failed', detail), image, now);
}

/** The error with the end of the backoff as `retryAfterSeconds`. */
function withBackoff(error: AppError, image: PendingImage, now: Date): AppError {
  const until = backsOffUntil(image, now) ?? now;
  const retryAfterSeconds = Math.max(Math.ceil((until.getTime() - now.getTime()) / 1000), 1);
  return new AppError(error.code, error.detail, { cause: error.cause, retryAfterSeconds });
}

/** False if another finalizer has taken the upload since the record was read. */
async function isStillFree(
  { images, clock }: Pick<FinalizeServices, 'images' | 'clock'>,
  id: ImageId,
): Promise<boolean> {
  const image = await images.get(id);
  return image?.status === 'pending' && !hasLiveClaim(image, clock.now());
}

/** The decided image; undefined if another finalizer decided, or the uploaded bytes are gone. */
async function decide(
  services: FinalizeServices,
  claim: HeldClaim,
  { head, client }: { head: ObjectHead | undefined; client: Client | undefined },
): Promise<DecidedImage | undefined> {
  const { image } = claim;
  const incoming = incomingKeyOf(image);
  const tried: ObjectKey[] = [];
  const newKey = () => {
    const key = originalKey(image, services.newId());
    tried.push(key);
    return key;
  };
  const look = await lookAt(services, { incoming, head, newKey, image, client }).catch(async (error: unknown) => {
    if (isRefusal(error)) return refused(error);
    if (error instanceof AppError && error.code === 'upload-missing') return undefined;
    if (!(error instanceof AppError) || error.code !== 'decoder-failed') {
      await discard(services, tried);
      // A failed copy, ours or a former holder's, may still be performed by the store later, with nobody waiting for
      // it.
      const mayComeLate = tried.length > 0 || claim.isSuccessor;
      const now = services.clock.now();
      await claim.settle((current) => (mayComeLate ? abandoned(current, now) : dueNow(released(current), now)));
      throw error;
    }
    const isGone = await discardForGood(services, claim, tried);
    const recorded = await claim.settle((current) => {
      const next = recordCrash(current, services.clock.now(), error.detail);
      return next.status === 'rejected' || isGone ? next : abandoned(next, next.lookAt);
    });
    if (recorded?.status === 'rejected') return recorded;
    throw recorded ? withBackoff(error, recorded, services.clock.now()) : error;
  });
  if (look === undefined) {
    const isGone = await discardForGood(services, claim, tried);
    await claim.settle((current) => (isGone ? released(current) : abandoned(current, services.clock.now())));
    return undefined;
  }
  if ('status' in look) return look;

  await using _copy = look.outcome === 'sound' ? look.workingCopy?.file : undefined;
  // If this write fails, the state of the record is unknown: leave everything as it is to our successor.
  const decided = await (look.outcome === 'sound'
    ? publishImage(services, claim, look)
    : claim.settle((current) => reject(current, look.rejection, services.clock.now(), look.decided)));
  const kept = decided && isStored(decided) ? decided.objectKey : undefined;
  await discard(services, [...(decided ? [incoming] : []), ...tried.filter((key) => key !== kept)]);
  await noteArrival(services, decided);
  return decided;
}

/**
 * False if a copy may remain: it wasn't removed, or one of several attempts, or a former holder's, may still be
 * performed by the store. The record then keeps a mark by which the copy is found.
 */
const discardForGood = async (
  services: Pick<Services, 'objects'>,
  { isSuccessor }: HeldClaim,
  tried: readonly ObjectKey[],
): Promise<boolean> => (await discard(services, tried)) && tried.length < 2 && !isSuccessor;

/** No copy was begun: there is nothing to remove, and the upload can be examined. */
const dueNow = (image: PendingImage, now: Date): PendingImage => ({ ...image, lookAt: now });

type Look = ({ readonly outcome: 'sound' } & PublishImageInput) | Extract<Verdict, { outcome: 'refused' }>;

const refused = ({ code, detail, params }: Refusal): Look => ({
  outcome: 'refused',
  rejection: { code, detail, ...(params && { params }) },
  decided: [],
});

/** What can be checked before the bytes are decoded. */
const REFUSALS = [
  'upload-too-large',
  'content-mismatch',
  'refused-by-gate',
] as const satisfies readonly RejectionCode[];

type Refusal = AppError & { readonly code: (typeof REFUSALS)[number] };

const isRefusal = (error: unknown): error is Refusal =>
  error instanceof AppError && REFUSALS.some((code) => code === error.code);

interface LookInput extends Omit<CopyUploadInput, 'contentType' | 'maxBytes' | 'head'> {
  /** undefined: its parts aren't an object yet. */
  readonly head: ObjectHead | undefined;
  readonly image: PendingImage;
  readonly client: Client | undefined;
}

/**
 * Copies first, then verifies the copy: no client has a URL for it, so the verified bytes are the served ones. Nothing
 * is copied or read before the job has a place in the decoders' queue. Errors: `upload-missing` if the upload is gone,
 * those of `REFUSALS`, of the store and of `verifyBytes`.
 */
async function lookAt(services: FinalizeServices, { image, client, ...upload }: LookInput): Promise<Look> {
  const declaredType = acceptedType(image.contentType);
  if (!declaredType) throw new Error(`image ${image.id} was granted for ${image.contentType}`);
  const { objects, settings } = services;
  const permitted = maxBytesOfUpload(settings.maxUploadBytes, image);
  const maxBytes = Math.min(permitted, image.reservedBytes || permitted); // 0 in records from before
  const head = upload.head ?? (await assembleParts(services, image));
  if (!head) throw uploadMissing();
  const { sizeBytes } = head;
  requireSize(head, maxBytes);
  const gates = await gatesOfUpload(services, image);
  await using files = new AsyncDisposableStack();
  let copied: { readonly objectKey: ObjectKey; readonly file: CheckedOutFile } | undefined;
  const fetch = async (signal: AbortSignal): Promise<CheckedOutFile> => {
    const objectKey = await copyUpload(services, { ...upload, head, contentType: declaredType, maxBytes });
    const file = objectKey && (await objects.checkOut(objectKey, { maxBytes, signal }));
    if (!file) throw new AppError('upload-missing', 'expected the uploaded bytes; got none: they were removed');
    files.use(file);
    requirePromised(image, file);
    copied = { objectKey, file };
    return file;
  };
  const verdict = await verifyBytes(services, {
    image,
    gates,
    decisions: image.decisions,
    source: { sizeBytes, fetch },
    contentType: declaredType,
    payer: payerOfUpload(image, client?.payer ?? UNKNOWN_PAYER),
    signal: client?.signal,
  });
  if (verdict.outcome === 'refused') return verdict;
  if (!copied) throw new Error(`image ${image.id} was verified without a copy`);
  return { ...verdict, objectKey: copied.objectKey, objectTag: copied.file.entityTag };
}

/** Errors: `content-mismatch`. */
function requirePromised({ promised }: PendingImage, { sizeBytes, sha256 }: CheckedOutFile): void {
  if (promised.sizeBytes !== null && sizeBytes !== promised.sizeBytes) {
    throw new AppError('content-mismatch', `expected ${promised.sizeBytes} bytes; got ${sizeBytes}`, {
      params: { expected_bytes: promised.sizeBytes, got_bytes: sizeBytes },
    });
  }
  if (promised.sha256 !== null && sha256 !== promised.sha256) {
    throw new AppError('content-mismatch', `expected the sha256 ${promised.sha256}; got ${sha256}`, {
      params: { expected_sha256: promised.sha256, got_sha256: sha256 },
    });
  }
}
