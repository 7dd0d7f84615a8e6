import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField, invalidFields } from '../../domain/errors.ts';
import { begun, type Image, MAX_PARTS, type Parts, type PendingImage } from '../../domain/image/image.ts';
import { createdAt } from '../../domain/image/image-id.ts';
import { incomingKeyOf } from '../../domain/image/object-key.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import { type MultipartUpload, partCount, partLength } from '../../object-store/multipart.ts';
import type { PresignedRequest } from '../../object-store/presigner.ts';
import type { Services } from '../../services.ts';
import { changeableImage } from '../images/visible-image.ts';

/*
 * An upload in parts. POST /uploads makes the same record as for one request, with `parts`, and the store begins a
 * multipart upload under the same key (object-store/multipart.ts). Clients send each part to a URL of its own, and ask
 * here for more URLs and for what has arrived. finalize-upload.ts has the store make the parts an object
 * (assemble-parts.ts) and goes on as with the bytes of one request. If nothing arrives in an hour the upload expires,
 * otherwise after `uploadPartsHours` (upkeep/sweep-image.ts), and then the store removes the parts.
 */

/** What a client asks for with a grant. */
export interface PartsAsked {
  /** Proposed by the client, in bytes; undefined: the least. */
  readonly partBytes: number | undefined;
  /** It tells the SHA-256 of each part with the request for the URL. */
  readonly checksums: boolean;
}

export interface PartAsked {
  readonly number: number;
  /** Lower-case hex. */
  readonly sha256: string | undefined;
}

export interface GrantedParts extends Pick<Parts, 'partBytes' | 'checksums'> {
  readonly image: PendingImage;
  readonly count: number;
  /** The parts that have arrived, ascending. */
  readonly received: readonly number[];
  readonly urls: readonly PartUrl[];
  /** When the upload ends, if parts arrive. */
  readonly endsAt: Date;
}

export interface PartUrl {
  readonly number: number;
  readonly sizeBytes: number;
  readonly request: PresignedRequest;
}

/** An upload of which nothing arrives in this time ends: it takes of its owner's quota. */
const FIRST_HOURS = 1;
const HOUR_MS = 3_600_000;

/** URLs that nobody asked for. */
const FIRST_URLS = 10;

/** After the last URL: SQS's limit of a delay. */
const MAX_DELAY_SECONDS = 900;
const SLACK_SECONDS = 60;
/** A client waits for its URLs, not for the job, which only a client that dies needs. */
const JOB_MS = 1_000;

export const firstEndOfParts = (at: Date): Date => new Date(at.getTime() + FIRST_HOURS * HOUR_MS);

/** When an upload ends of which something has arrived. */
export const endOfParts = ({ settings }: Pick<Services, 'settings'>, { id }: Pick<Image, 'id'>): Date =>
  new Date(createdAt(id).getTime() + settings.uploadPartsHours * HOUR_MS);

/** The parts of a new upload. Errors: `invalid-request` without a size. */
export function partsFor(
  { multipart, presigner }: Pick<Services, 'multipart' | 'presigner'>,
  { partBytes = 0, checksums }: PartsAsked,
  sizeBytes: number | undefined,
): Parts {
  if (sizeBytes === undefined)
    throw invalidField('/size', 'expected the size of an upload in parts, in bytes; got nothing');
  const least = Math.max(multipart.minPartBytes, Math.ceil(sizeBytes / MAX_PARTS));
  return {
    partBytes: Math.max(partBytes, least),
    checksums: checksums && presigner.capabilities.checksums,
    uploadId: null,
  };
}

type PartServices = Pick<Services, 'images' | 'objects' | 'multipart' | 'presigner' | 'jobs' | 'clock' | 'settings'>;

interface PartsRequest {
  readonly publicOrigin: string;
  /** undefined: the first that are missing. */
  readonly asked?: readonly PartAsked[] | undefined;
}

/**
 * What has arrived of an upload, and URLs for parts; null of an upload that is no longer pending. Errors:
 * `image-not-found`, `forbidden`, `invalid-request` for parts that the upload doesn't have, `unavailable`.
 */
export async function grantMoreParts(
  services: PartServices,
  access: Access,
  { id, ...request }: PartsRequest & { readonly id: string },
): Promise<{ readonly image: Image; readonly parts: GrantedParts | null }> {
  const image = await changeableImage(services, access, id);
  if (image.status !== 'pending') return { image, parts: null };
  const parts = await grantParts(services, image, request);
  return { image: parts.image, parts };
}

/** Begins the upload in the store if it hasn't begun, or the store has lost it. Errors: as above. */
export async function grantParts(
  services: PartServices,
  image: PendingImage,
  { publicOrigin, asked }: PartsRequest,
): Promise<GrantedParts> {
  const { image: current, upload, received } = await underWay(services, image);
  const count = partCount(upload);
  const has = new Set(received);
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !has.has(number));
  const wanted = asked ?? (upload.checksums ? [] : missing.slice(0, FIRST_URLS).map(withoutChecksum));
  requireParts(wanted, upload);
  const endsAt = endOfParts(services, current);
  const urls = await Promise.all(
    wanted.map(({ number, sha256 }) => presignPart(services, { publicOrigin, upload, number, sha256, endsAt })),
  );
  const granted = new Set(wanted.map(({ number }) => number));
  if (granted.size > 0 && missing.every((number) => granted.has(number))) await sendFinalize(services, current);
  const { partBytes, checksums } = upload;
  return { image: current, partBytes, checksums, count, received, urls, endsAt };
}

/** The upload in the store of an image; undefined if its bytes don't arrive in parts, or it hasn't begun. */
export function multipartOf(image: PendingImage): MultipartUpload | undefined {
  const { parts, promised } = image;
  if (parts === null || parts.uploadId === null || promised.sizeBytes === null) return undefined;
  const { partBytes, checksums, uploadId } = parts;
  return { key: incomingKeyOf(image), uploadId, partBytes, checksums, sizeBytes: promised.sizeBytes };
}

interface UnderWay {
  readonly image: PendingImage;
  readonly upload: MultipartUpload;
  readonly received: readonly number[];
}

const underWay = (services: PartServices, { id }: PendingImage): Promise<UnderWay> =>
  retryWhileChanged(async () => {
    const image = await services.images.getToChange(id);
    if (image?.status !== 'pending')
      throw new AppError('unavailable', 'The upload has just been decided; try again', { retryAfterSeconds: 1 });
    if (!isInParts(image))
      throw invalidField('/parts', 'expected an upload that was granted with parts; got one of a single request');
    const upload = multipartOf(image);
    if (upload) {
      const received = await services.multipart.received(upload);
      if (received) return { image, upload, received };
      // Its parts are the object already, or the store has lost them, as a restored one has.
      if (await services.objects.head(upload.key)) return { image, upload, received: everyPart(upload) };
    }
    return (await begin(services, image)) ?? CHANGED;
  });

/** Undefined if the record has changed meanwhile. */
async function begin(
  { images, multipart }: PartServices,
  image: PendingImage & { readonly parts: Parts },
): Promise<UnderWay | undefined> {
  const { partBytes, checksums } = image.parts;
  const sizeBytes = image.promised.sizeBytes ?? 0;
  const key = incomingKeyOf(image);
  const uploadId = await multipart.begin(key, { contentType: image.contentType, sizeBytes, partBytes, checksums });
  const next = begun(image, uploadId);
  const isWritten = await images.replace(image, next);
  if (isWritten) return { image: next, upload: { key, uploadId, partBytes, checksums, sizeBytes }, received: [] };
  await multipart.abort({ key, uploadId }).catch(() => undefined); // the store ends it at last
  return undefined;
}

const isInParts = (image: PendingImage): image is PendingImage & { readonly parts: Parts } => image.parts !== null;

const everyPart = (upload: MultipartUpload): number[] =>
  Array.from({ length: partCount(upload) }, (_, index) => index + 1);

const withoutChecksum = (number: number): PartAsked => ({ number, sha256: undefined });

function requireParts(asked: readonly PartAsked[], upload: MultipartUpload): void {
  const count = partCount(upload);
  const errors = asked.flatMap(({ number, sha256 }, index) => {
    if (number > count) return [{ pointer: `/parts/${index}/number`, detail: `expected 1 to ${count}; got ${number}` }];
    if (upload.checksums && sha256 === undefined)
      return [{ pointer: `/parts/${index}/sha256`, detail: 'expected the SHA-256 of the part; got nothing' }];
    return [];
  });
  if (errors.length > 0) throw invalidFields(errors);
}

async function presignPart(
  { presigner, settings, clock }: PartServices,
  part: PartAsked & { readonly upload: MultipartUpload; readonly publicOrigin: string; readonly endsAt: Date },
): Promise<PartUrl> {
  const { number, sha256, upload, publicOrigin, endsAt } = part;
  const secondsLeft = Math.floor((endsAt.getTime() - clock.now().getTime()) / 1000);
  const expiresInSeconds = Math.max(Math.min(settings.presignedSeconds, secondsLeft), 1);
  const sizeBytes = partLength(upload, number);
  const checked = upload.checksums && { sha256 };
  const options = { publicOrigin, expiresInSeconds, uploadId: upload.uploadId, number, sizeBytes, ...checked };
  return { number, sizeBytes, request: await presigner.presignPart(upload.key, options) };
}

/** For a client that sends all parts and dies before it says so. */
async function sendFinalize({ jobs, settings }: PartServices, { id: imageId }: PendingImage): Promise<void> {
  const delaySeconds = Math.min(settings.presignedSeconds + SLACK_SECONDS, MAX_DELAY_SECONDS);
  await waitAtMost(JOB_MS, jobs.send({ kind: 'finalize', imageId }, { delaySeconds }));
}
