import { payerAt } from '../../domain/access/payer.ts';
import type { AlbumMember } from '../../domain/album/album-member.ts';
import { AppError, type ErrorCode, uploadTooLarge } from '../../domain/errors.ts';
import type { Corrections } from '../../domain/facts/corrections.ts';
import { purgedAt } from '../../domain/image/deadlines.ts';
import { SIGNATURE_BYTES, typeBySignature } from '../../domain/image/file-signature.ts';
import type { FocalPoint } from '../../domain/image/focal-point.ts';
import {
  type Image,
  type PendingImage,
  type Status,
  tombstone,
  trash,
  type UploadDescription,
} from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { acceptedType, IMAGE_FORMATS, MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import { describeFormat } from '../../domain/image/other-formats.ts';
import { importedId } from '../../domain/import/imported-id.ts';
import type { Services } from '../../services.ts';
import { requireTrash } from '../images/trash-image.ts';
import { hasLiveClaim } from '../uploads/claim.ts';
import { requireDecoded } from '../uploads/require-decoded.ts';
import { type VerifyAndStoreServices, verifyAndStore } from '../uploads/store-verified.ts';

/** An image of a source, whose fields are as the API takes them. */
export interface ImportedImage {
  /** The name of the source, and the image's path in it: they make its id. */
  readonly source: string;
  readonly path: string;
  /** From 1970 on, and not in the future. */
  readonly at: Date;
  /** It had this id in a service of ours; null: it gets one. */
  readonly id: ImageId | null;
  readonly userId: string;
  /** null: its bytes tell. */
  readonly contentType: MediaType | null;
  readonly description: UploadDescription;
  readonly focalPoint: FocalPoint | null;
  readonly corrections: Corrections;
  readonly formerId: string | null;
  /** In the service that it comes from; absent: in none. */
  readonly albums?: readonly AlbumMember[];
  /** It goes to the trash at once. */
  readonly isTrashed?: boolean;
}

/** Its bytes; undefined: the source has none. Errors are the source's, and pass unchanged. */
export type OpenBytes = (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array> | undefined>;

export type ImportOutcome =
  | {
      /** `known`: it was imported before, and nothing was read. */
      readonly outcome: 'imported' | 'known';
      readonly imageId: ImageId;
      readonly status: Status;
    }
  | { readonly outcome: 'refused'; readonly code: ErrorCode; readonly detail: string }
  /** Another import works on it, or one that has just died, or everything is busy. */
  | { readonly outcome: 'busy'; readonly retryAfterSeconds: number };

export interface ImportOptions {
  /** The key of the service by which ids are made, lower-case hex. */
  readonly key: string;
  readonly signal: AbortSignal;
}

export type ImportServices = VerifyAndStoreServices;

/** What it says of the image; undefined: nothing, and the import ends. */
export const refusalIn = (error: unknown): Extract<ImportOutcome, { outcome: 'refused' }> | undefined =>
  error instanceof AppError && error.code !== 'overloaded' && !NOT_THE_IMAGE.includes(error.code)
    ? { outcome: 'refused', code: error.code, detail: error.detail }
    : undefined;

/** They say nothing about the image: the next import may take it. */
const NOT_THE_IMAGE: readonly ErrorCode[] = ['unavailable', 'insufficient-storage', 'internal', 'original-lost'];

const BUSY_SECONDS = 5;

/** Uploads that were given up leave records, which keep their ids for a while. */
const MAX_GIVEN_UP = 100;

/**
 * Verifies and stores an image as a direct upload, with the time of its source. An image that was imported before is
 * left as it is, also in the trash or deleted. Errors: those of the source and of the stores, which end an import.
 */
export async function importImage(
  services: ImportServices,
  image: ImportedImage,
  open: OpenBytes,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const { id, before } = await recordOf(services, image, options.key);
  if (before && before.userId !== image.userId)
    return {
      outcome: 'refused',
      code: 'forbidden',
      detail: `expected a free id; got ${id}, which another user's image has`,
    };
  if (before && before.status !== 'pending') {
    const { status } = isAsImported(before) ? await toTrash(services, image, before) : before;
    return { outcome: 'known', imageId: id, status };
  }
  if (before && isBusy(services, before)) return busy();
  try {
    if (image.isTrashed) requireTrash(services);
    const stored = await store(services, { ...image, id }, open, options.signal);
    await requireStillUnblocked(services, stored);
    const { status } = await toTrash(services, image, stored);
    return { outcome: 'imported', imageId: id, status };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    const { code, retryAfterSeconds = BUSY_SECONDS } = error;
    // Images under way count as pending, also those of this import.
    if (code === 'overloaded' || error.quota?.limit === 'pending') return { outcome: 'busy', retryAfterSeconds };
    const refusal = refusalIn(error);
    if (refusal) return refusal;
    const now = await services.images.get(id);
    if (now?.status === 'pending' && isBusy(services, now)) return busy(); // another import was faster
    throw error;
  }
}

/** A deletion of the user that began meanwhile walks through ids: it may have passed that of an old picture. */
async function requireStillUnblocked({ blocked, images, clock }: ImportServices, image: Image): Promise<void> {
  if (image.status === 'deleted' || !(await blocked.isBlocked(image.userId))) return;
  await images.replace(image, tombstone(image, clock.now()));
  await blocked.requireUnblocked(image.userId);
}

/** Nobody has changed it: if it was to go to the trash, the import was killed just before. */
const isAsImported = ({ revision }: Image): boolean => revision === READY_REVISION;

/** The record was made, and became ready. */
const READY_REVISION = 2;

async function toTrash(
  { images, clock, settings }: ImportServices,
  { isTrashed = false }: ImportedImage,
  image: Image,
): Promise<Image> {
  if (!isTrashed || image.status !== 'ready' || settings.trashDays === 0) return image;
  const now = clock.now();
  const trashed = trash(image, now, purgedAt(now, settings.trashDays));
  return (await images.replace(image, trashed)) ? trashed : image; // somebody has changed it since
}

const busy = (): ImportOutcome => ({ outcome: 'busy', retryAfterSeconds: BUSY_SECONDS });

const isBusy = ({ clock }: ImportServices, before: PendingImage): boolean =>
  !before.isDirect || hasLiveClaim(before, clock.now());

/** The image's id, and its record if it has one. An upload that was given up has used its id up. */
async function recordOf(
  { images }: Pick<Services, 'images'>,
  image: ImportedImage,
  key: string,
): Promise<{ readonly id: ImageId; readonly before: Image | undefined }> {
  for (let attempt = 0; attempt < MAX_GIVEN_UP; attempt += 1) {
    const id = attempt === 0 && image.id !== null ? image.id : importedId(key, { ...image, attempt });
    const before = await images.get(id);
    if (before?.status !== 'expired') return { id, before };
  }
  throw new AppError('unavailable', `expected fewer than ${MAX_GIVEN_UP} attempts at ${image.path}; got more`);
}

async function store(
  services: ImportServices,
  image: ImportedImage & { readonly id: ImageId },
  open: OpenBytes,
  signal: AbortSignal,
): Promise<Image> {
  const { id, userId, contentType: declared, description, formerId } = image;
  if (declared) requireDecoded(services.settings, declared);
  await services.blocked.requireUnblocked(userId);
  const body = await open(signal);
  if (!body) throw new AppError('upload-missing', 'expected its bytes in the source; got none');
  const head = createHead();
  const maxBytes = Math.min(services.settings.maxUploadBytes, declared ? IMAGE_FORMATS[declared].maxBytes : Infinity);
  const payer = payerAt('import', userId); // takes turns with all others
  await using file = await services.staging.stage(head.read(body), { maxBytes, payer, leaving: 'reserve' });
  if (file.sizeBytes === 0) throw new AppError('empty-upload', 'expected the bytes of an image; got an empty file');
  const contentType = declared ?? typeOf(head.bytes());
  requireDecoded(services.settings, contentType);
  if (file.sizeBytes > IMAGE_FORMATS[contentType].maxBytes)
    throw uploadTooLarge(IMAGE_FORMATS[contentType].maxBytes, file.sizeBytes);
  const uploader = { id, userId, uploadedBy: null, token: null, use: undefined };
  const { focalPoint, corrections, albums = [] } = image;
  const client = { payer, signal };
  return await verifyAndStore(services, uploader, {
    ...{ ...description, focalPoint, corrections, formerId, albums },
    ...{ file, contentType, client },
  });
}

/** The first bytes of what passes through. */
function createHead() {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  return {
    bytes: () => Buffer.concat(chunks).subarray(0, SIGNATURE_BYTES),
    async *read(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of body) {
        if (sizeBytes < SIGNATURE_BYTES) chunks.push(Uint8Array.from(chunk.subarray(0, SIGNATURE_BYTES)));
        sizeBytes += chunk.byteLength;
        yield chunk;
      }
    },
  };
}

/** Errors: `unsupported-type`. */
export function typeOf(head: Uint8Array): MediaType {
  const found = typeBySignature(head);
  const type = acceptedType(found ?? '');
  if (type) return type;
  const got = found === undefined ? 'bytes of no known format' : describeFormat(found);
  throw new AppError('unsupported-type', `expected one of ${MEDIA_TYPES.join(', ')}; got ${got}`);
}
