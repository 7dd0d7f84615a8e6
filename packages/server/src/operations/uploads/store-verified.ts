import type { Client } from '../../domain/access/client.ts';
import { payerOfUpload } from '../../domain/access/payer.ts';
import { type TokenUse, tokenUsedUp } from '../../domain/access/upload-token.ts';
import type { AlbumMember } from '../../domain/album/album-member.ts';
import { AppError } from '../../domain/errors.ts';
import { externalIdTaken } from '../../domain/external-id.ts';
import { type Corrections, correctedDetails, correctedFacts } from '../../domain/facts/corrections.ts';
import type { FocalPoint } from '../../domain/image/focal-point.ts';
import {
  expire,
  type Image,
  pendingImage,
  type Replaced,
  rejected,
  type UploadDescription,
} from '../../domain/image/image.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { allGates, REPLACE_GATE } from '../../domain/image/screening.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';
import { discard, originalsOf } from '../images/image-objects.ts';
import { abandoned, type HeldClaim, hasLiveClaim, holdClaim, newClaim } from './claim.ts';
import { publishImage } from './publish-image.ts';
import { refusalOf, settleReplacement } from './replace-picture.ts';
import { type Verdict, verifyBytes } from './verify-bytes.ts';

export interface VerifiableUpload extends UploadDescription {
  readonly contentType: MediaType;
  readonly file: LocalFile;
  /** The picture in whose place the bytes are to be; absent: they are one of their own. */
  readonly replaces?: Replaced;
  readonly client: Client;
  readonly focalPoint?: FocalPoint | null;
  /** What somebody has said of the picture before. */
  readonly corrections?: Corrections;
  /** Its id in an earlier service. */
  readonly formerId?: string | null;
  readonly albums?: readonly AlbumMember[];
}

export type VerifyAndStoreServices = Pick<
  Services,
  | 'images'
  | 'filters'
  | 'blocked'
  | 'objects'
  | 'staging'
  | 'diskSpace'
  | 'jobs'
  | 'imaging'
  | 'gates'
  | 'crashes'
  | 'clock'
  | 'newId'
  | 'settings'
  | 'observe'
  | 'tracing'
>;

export interface Uploader extends Pick<Image, 'userId' | 'uploadedBy' | 'token' | 'id'> {
  /** Counted with the record. */
  readonly use: TokenUse | undefined;
}

type Sound = Extract<Verdict, { outcome: 'sound' }>;

/**
 * Verifies bytes on this machine, then stores them under the given id, ready or held: refused ones leave neither record
 * nor object. Answers the record that has the id, if there is one. Errors: those of `storeDirectUpload`.
 */
export async function verifyAndStore(
  services: VerifyAndStoreServices,
  upload: Uploader,
  input: VerifiableUpload,
): Promise<Image> {
  await requireUseLeft(services, upload);
  await requireIdFree(services, upload, input);
  const sound = await verify(services, upload, input);
  await using _copy = sound.workingCopy?.file;
  await services.blocked.requireUnblocked(upload.userId); // the body may have taken longer than the deletion of its user
  const begun = await begin(services, { ...input, ...upload });
  if ('done' in begun) return begun.done;

  await using claim = begun.claim;
  const key = originalKey(claim.image, claim.attempt);
  const objectTag = await services.objects.put(key, input.file, input).catch(async (error: unknown) => {
    const now = services.clock.now();
    const isRemoved = await discard(services, [key]);
    await claim.settle((current) => (isRemoved ? expire(current, now) : abandoned(current, now)));
    throw error;
  });
  // If this write fails, the state of the record is unknown: leave everything as it is to the sweeper.
  const read = corrected(sound.read, input.corrections ?? {});
  const stored = await publishImage(services, claim, { ...sound, read, objectKey: key, objectTag });
  const settled = stored && (await settleReplacement(services, stored));
  if (settled && settled.status !== 'rejected') return settled;
  await discard(services, [key]);
  if (settled) throw refusalOf(settled);
  throw new AppError('unavailable', 'The upload took too long and was given up; try again');
}

/**
 * Saves a decode that `begin` would refuse: other uploads may have used the token up while the body came. A record was
 * counted before.
 */
async function requireUseLeft({ images }: VerifyAndStoreServices, { use, id }: Uploader): Promise<void> {
  if (use && (await images.isUsedUp(use)) && !(await images.get(id))) throw tokenUsedUp(use);
}

/** Saves a decode if another image has the external id. A record of this upload was admitted before. */
async function requireIdFree(
  { images }: VerifyAndStoreServices,
  { userId, id }: Uploader,
  { externalId }: UploadDescription,
): Promise<void> {
  const holder = externalId === null ? undefined : await images.findByExternalId(userId, externalId);
  if (externalId !== null && holder && holder.id !== id && !(await images.get(id)))
    throw externalIdTaken(externalId, holder);
}

/** The attempt's pending record: a new one, or that of a request that died with the same Idempotency-Key. */
async function begin(
  services: VerifyAndStoreServices,
  upload: UploadDescription &
    Uploader &
    Pick<Image, 'contentType'> &
    Pick<VerifiableUpload, 'file' | 'replaces' | 'focalPoint' | 'formerId' | 'albums'>,
): Promise<{ claim: HeldClaim } | { done: Image }> {
  const now = services.clock.now();
  const claim = newClaim(services);
  const image = {
    ...pendingImage(upload, now, {
      expiresAt: claim.leaseUntil,
      claim,
      isDirect: true,
      uploadedBy: upload.uploadedBy,
      token: upload.token,
      formerId: upload.formerId ?? null,
      albums: upload.albums ?? [],
      reservedBytes: upload.file.sizeBytes,
      replaces: upload.replaces ?? null,
      gates: allGates(
        services.gates.map(({ name }) => name),
        upload.replaces ? [REPLACE_GATE] : [],
      ),
    }),
    claim,
    focalPoint: upload.focalPoint ?? null,
  };
  return retryWhileChanged(async () => {
    if (await services.images.create(image, upload.use)) return { claim: holdClaim(services, image) };
    const before = await services.images.get(upload.id);
    if (!before) throw new Error(`image id ${upload.id} is taken by no record`);
    if (before.status === 'expired') throw new AppError('unavailable', 'The upload was given up; try again');
    if (before.status !== 'pending') return { done: before };
    // A request that has lost its Idempotency-Key must not take the record from the key's new holder.
    if (hasLiveClaim(before, now)) throw new AppError('unavailable', 'The upload is still under way; try again');
    const left = await originalsOf(services, before); // before claiming, as in takeClaim
    const resumed = { ...before, claim, expiresAt: claim.leaseUntil };
    if (!(await services.images.replace(before, resumed))) return CHANGED;
    await services.objects.delete(left);
    return { claim: holdClaim(services, resumed) };
  });
}

const corrected = ({ facts, details }: Sound['read'], corrections: Corrections): Sound['read'] => ({
  facts: correctedFacts(facts, corrections),
  details: corrections.position === undefined ? details : correctedDetails(details, corrections.position),
});

async function verify(
  services: VerifyAndStoreServices,
  upload: Pick<Uploader, 'id' | 'userId' | 'uploadedBy'>,
  { file, contentType, tags, client }: VerifiableUpload,
): Promise<Sound> {
  const { crashes } = services;
  const secondsLeft = crashes.secondsLeft(file.sha256);
  if (secondsLeft > 0) {
    const detail = `expected bytes that crashed no decoder lately; got some that did: send them again in ${secondsLeft} s`;
    throw new AppError('processing-failed', detail, { retryAfterSeconds: secondsLeft });
  }
  const payer = payerOfUpload(upload, client.payer);
  try {
    const image = { id: upload.id, userId: upload.userId, tags };
    const judged = { image, gates: [], decisions: [], source: file, contentType, payer, signal: client.signal };
    const verdict = await verifyBytes(services, judged);
    if (verdict.outcome === 'refused') throw rejected(verdict.rejection);
    return verdict;
  } catch (error) {
    // A direct upload keeps no bytes for another try, so the failure is final.
    if (error instanceof AppError && error.code === 'decoder-failed') {
      crashes.note(file.sha256);
      const retryAfterSeconds = crashes.secondsLeft(file.sha256);
      throw new AppError('processing-failed', error.detail, {
        cause: error,
        retryAfterSeconds,
        params: { attempts: 1 },
      });
    }
    throw error;
  }
}
