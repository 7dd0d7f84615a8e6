import { actorOf, keyspaceOf, ownerOf, tokenOf } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import { payerOfUpload } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { requireWithin } from '../../domain/access/upload-bounds.ts';
import { markOf, type TokenUse, tokenUsedUp, useOf } from '../../domain/access/upload-token.ts';
import { AppError } from '../../domain/errors.ts';
import { externalIdTaken } from '../../domain/external-id.ts';
import {
  expire,
  type Image,
  pendingImage,
  type Replaced,
  rejected,
  type UploadDescription,
} from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { allGates, REPLACE_GATE } from '../../domain/image/screening.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';
import { discard, originalsOf } from '../images/image-objects.ts';
import { namingHolder } from '../images/name-holder.ts';
import { abandoned, type HeldClaim, hasLiveClaim, holdClaim, newClaim } from './claim.ts';
import { fingerprint } from './fingerprint.ts';
import { fingerprintedExternalId, fingerprintedVisibility, onceForKey, requireSeen } from './idempotency.ts';
import { publishImage } from './publish-image.ts';
import { pictureOf, refusalOf, settleReplacement } from './replace-picture.ts';
import { type IfExists, namedToReplace, replacingOf } from './replaceable.ts';
import { requireDecoded } from './require-decoded.ts';
import { type Verdict, verifyBytes } from './verify-bytes.ts';

export interface StoreDirectUploadInput extends UploadDescription {
  readonly contentType: MediaType;
  readonly file: LocalFile;
  readonly idempotencyKey: string | undefined;
  /** The picture in whose place the bytes are to be; absent: they are one of their own. */
  readonly replaces?: Replaced;
  readonly ifExists?: IfExists | undefined;
  readonly client: Client;
}

type StoreServices = Pick<
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
  | 'keyWaits'
  | 'clock'
  | 'newId'
  | 'settings'
  | 'observe'
  | 'tracing'
>;

/**
 * Verifies a direct upload's file, then stores it, ready or held: a refused one leaves neither record nor object. A
 * repeated Idempotency-Key answers the current record of the first upload. Errors: those of `requireWithin` and of the
 * verification, `revision-conflict` if the picture to replace has changed, `upload-token-used-up`, `external-id-taken`,
 * `user-erased`, `idempotency-conflict`, `idempotency-in-progress`, `unavailable`.
 */
export async function storeDirectUpload(
  services: StoreServices,
  access: Access,
  given: StoreDirectUploadInput,
): Promise<Image> {
  const userId = ownerOf(access);
  const token = tokenOf(access);
  requireWithin(token, { ...given, replaces: given.replaces?.imageId });
  const named = await namedToReplace(services, access, given);
  const input = named ? { ...given, ...replacingOf(named) } : given;
  requireDecoded(services.settings, input.contentType);
  const newId = services.newId() as ImageId;
  const uploader = {
    userId,
    uploadedBy: actorOf(access),
    token: token ? markOf(token) : null,
    use: token && useOf(token),
  };
  const store = (id: ImageId) =>
    namingHolder(services, { access, ...input }, () => verifyAndStore(services, { ...uploader, id }, input));
  const { idempotencyKey: key } = input;
  if (key === undefined) return store(newId);

  const owned = { userId, key, keyspace: keyspaceOf(access), payer: input.client.payer };
  const keyed = { ...owned, fingerprint: fingerprintOf(given), imageId: newId };
  const outcome = await onceForKey(services, keyed, store);
  const image = 'done' in outcome ? outcome.done : await services.images.get(outcome.doneBefore);
  if (!image) throw new Error('an image of an Idempotency-Key has no record');
  requireSeen(access, image);
  return (await pictureOf(services, image)) ?? image;
}

interface Uploader extends Pick<Image, 'userId' | 'uploadedBy' | 'token' | 'id'> {
  /** Counted with the record. */
  readonly use: TokenUse | undefined;
}

async function verifyAndStore(
  services: StoreServices,
  upload: Uploader,
  input: StoreDirectUploadInput,
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
  const stored = await publishImage(services, claim, { ...sound, objectKey: key, objectTag });
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
async function requireUseLeft({ images }: StoreServices, { use, id }: Uploader): Promise<void> {
  if (use && (await images.isUsedUp(use)) && !(await images.get(id))) throw tokenUsedUp(use);
}

/** Saves a decode if another image has the external id. A record of this upload was admitted before. */
async function requireIdFree(
  { images }: StoreServices,
  { userId, id }: Uploader,
  { externalId }: UploadDescription,
): Promise<void> {
  const holder = externalId === null ? undefined : await images.findByExternalId(userId, externalId);
  if (externalId !== null && holder && holder.id !== id && !(await images.get(id)))
    throw externalIdTaken(externalId, holder);
}

/** The attempt's pending record: a new one, or that of a request that died with the same Idempotency-Key. */
async function begin(
  services: StoreServices,
  upload: UploadDescription & Uploader & Pick<Image, 'contentType'> & Pick<StoreDirectUploadInput, 'file' | 'replaces'>,
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
      reservedBytes: upload.file.sizeBytes,
      replaces: upload.replaces ?? null,
      gates: allGates(
        services.gates.map(({ name }) => name),
        upload.replaces ? [REPLACE_GATE] : [],
      ),
    }),
    claim,
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

async function verify(
  services: StoreServices,
  upload: Pick<Uploader, 'id' | 'userId' | 'uploadedBy'>,
  { file, contentType, tags, client }: StoreDirectUploadInput,
): Promise<Extract<Verdict, { outcome: 'sound' }>> {
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

const fingerprintOf = (input: StoreDirectUploadInput): string => {
  const { contentType, filename, tags, description, metadata, file } = input;
  const described = { contentType, filename, tags, description, metadata, sha256: file.sha256 };
  return fingerprint({
    form: 'direct',
    ...described,
    ...fingerprintedVisibility(input),
    ...fingerprintedExternalId(input),
    ...(input.replaces && { replaces: input.replaces.imageId }),
    ...(input.ifExists !== undefined && { ifExists: input.ifExists }),
  });
};
