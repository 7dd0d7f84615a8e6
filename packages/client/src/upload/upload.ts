import { SafelightError } from '../errors.ts';
import { aborted, isTemporary, isWorthRetrying, pauseAfter } from '../http/retry.ts';
import type { Image } from '../images/image.ts';
import { rejectionOf } from '../images/rejection.ts';
import { acceptableName } from './filename.ts';
import { grantIn } from './grant.ts';
import { randomId } from './hash.ts';
import { requireFile } from './require-file.ts';
import { requireReadable } from './require-readable.ts';
import { SENT, type Sending, type Sent, type UploadServices } from './sending.ts';
import { storeError } from './store-error.ts';
import type { GrantRequest } from './upload-route.ts';

/** What the uploader says of an image. All are optional. */
export interface Description {
  /** Absent: the file's own. */
  readonly filename?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly visibility?: 'private' | 'public' | undefined;
  /** Your own id, unique among the images of the user; one in use is `external-id-taken`. */
  readonly externalId?: string | undefined;
  /**
   * With `externalId`: the bytes replace those of the image that has the id, if there is one, and what is said is
   * ignored.
   */
  readonly ifExists?: 'replace' | undefined;
}

export interface UploadOptions extends Description {
  /** 0 to 1, never falling. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Called before `onProgress` with the fraction that an earlier, interrupted run of this upload has sent. */
  readonly onResumed?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * The id of an image whose bytes the file replaces: the image keeps its id and what is said about it, and the upload
   * resolves with it. One that has changed meanwhile is `revision-conflict`.
   */
  readonly replaces?: string | undefined;
  /** Repeats of an upload with the same key are one upload, for a day. Absent: a random one. */
  readonly idempotencyKey?: string | undefined;
  /** The SHA-256 of the file, in lower-case hex, if it is known. Absent: the client hashes the file. */
  readonly sha256?: string | undefined;
  /**
   * Called once the service knows the upload, and again if a later token belongs to another caller, whose upload is
   * another one.
   */
  readonly onGranted?: ((imageId: string) => void) | undefined;
  /** Called once the store has the bytes, which the service then verifies. */
  readonly onSent?: (() => void) | undefined;
}

/** What only the queue says. */
export type Continuing = Pick<Sending, 'continues'>;

const MIB = 1_048_576;
/** Larger files are sent in parts at once, smaller ones after a failure. */
const MOST_IN_ONE_PIECE = 16 * MIB;

/** A URL that expired, or that the store has forgotten, is replaced this often. */
const RENEWALS = 4;

/**
 * Uploads one file, and resolves with the verified image: ready, or held while the service has it checked further. Cut
 * connections and temporary errors are retried; an expired URL gets a new one for the same upload. Errors:
 * `SafelightError`; the reason of a refused image is its code.
 */
export async function upload(
  services: UploadServices,
  file: Blob,
  options: UploadOptions & Continuing = {},
): Promise<Image> {
  const { signal, continues } = options;
  requireFile(file);
  if (signal?.aborted) throw aborted(signal);
  const body = await describe(services, file, options);
  const headers = { 'idempotency-key': options.idempotencyKey ?? randomId() };
  let imageId: string | undefined;
  const progress = rising(options.onProgress);
  const sending: Sending = {
    ...options,
    file,
    grant: { body, headers },
    onGranted(id) {
      if (id !== imageId) options.onGranted?.(id);
      imageId = id;
    },
    onSent: (bytes) => progress(bytes / file.size),
  };
  const { id, refused } =
    (continues && (await inParts(services, sending))) ||
    (file.size > MOST_IN_ONE_PIECE && (await inParts(services, { ...sending, continues: undefined }))) ||
    (await inOnePiece(services, sending));
  progress(1);
  options.onSent?.();
  const image = await decided(services, id, { refused, signal });
  options.onProgress?.(1);
  return image;
}

async function describe(
  { digest, typeOf }: UploadServices,
  file: Blob,
  options: UploadOptions,
): Promise<GrantRequest['body']> {
  const { tags, description, metadata, visibility, externalId: external_id, replaces, ifExists: if_exists } = options;
  const said = { tags, description, metadata, visibility, external_id, replaces, if_exists };
  const filename = options.filename ?? ('name' in file ? acceptableName(String(file.name)) : undefined);
  try {
    const content_type = await typeOf(file, options.signal);
    const sha256 = options.sha256 ?? (await digest(file));
    return { content_type, size: file.size, sha256, filename, ...said };
  } catch (cause) {
    if (cause instanceof SafelightError) throw cause;
    throw new SafelightError('unreadable-file', 'expected a file that can be read; got an error', { cause });
  }
}

/** Undefined if the file has to be sent in one piece. Its module is loaded when the first file needs it. */
async function inParts(services: UploadServices, sending: Sending): Promise<Sent | undefined> {
  const { route, memory } = services;
  // One part is as good as one piece.
  if (!route.parts || memory.isRefused || sending.file.size < 2 * (memory.partSize ?? MIB)) return undefined;
  const module = await import('./in-parts.ts').catch(() => undefined); // a newer page has replaced it, or no network
  return module?.sendInParts(services, sending);
}

async function inOnePiece(services: UploadServices, sending: Sending): Promise<Sent> {
  const { route, baseUrl, send } = services;
  const { file, signal, grant, onSent } = sending;
  let failures = 0;
  let renewals = 0;
  for (;;) {
    const { id, url, headers } = grantIn(await route.grant({ ...grant, signal }), baseUrl);
    sending.onGranted(id);
    if (url === undefined) return { id };
    try {
      const answer = await send({ method: 'PUT', url, headers, body: file, signal, onSent });
      const refused = storeError(answer, { headers, bytes: file.size });
      if (isTemporary(refused)) throw refused;
      if (answer.status !== 403 || renewals === RENEWALS) return { id, refused };
      renewals += 1; // whatever this machine's clock says: the store's counts
    } catch (error) {
      if (signal?.aborted) throw error;
      await requireReadable(file);
      failures += 1;
      if (!isWorthRetrying(error, failures, services)) throw error;
      await pauseAfter(error, failures, { ...services, signal });
      const isCut = failures === 1 && error.status === undefined;
      const sent = isCut && (await inParts(services, { ...sending, continues: undefined, former: id }));
      if (sent) return sent;
    }
  }
}

interface Deciding {
  /** By the store, if bytes were sent. */
  readonly refused?: SafelightError | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The image once the service has decided, or holds it for a check that takes longer. Errors: the reason of a refusal.
 */
export async function decided(
  { route }: Pick<UploadServices, 'route'>,
  id: string,
  { refused, signal }: Deciding,
): Promise<Image> {
  try {
    const image = await route.complete(id, signal);
    if (image.status === 'ready' || image.status === 'held') return image as Image;
    const detail = `expected a ready image; got one that is ${image.status}`;
    throw rejectionOf(image) ?? new SafelightError('image-not-found', detail);
  } catch (error) {
    const isMissing = error instanceof SafelightError && error.code === 'upload-missing';
    throw (isMissing && refused) || error;
  }
}

/** A sent part may be sent again: the fraction stays where it was. The last hundredth is the service's verification. */
function rising(onProgress: UploadOptions['onProgress']): (fraction: number) => void {
  let last = 0;
  return (fraction) => {
    const next = Math.min(fraction, 1) * SENT;
    if (next <= last) return;
    last = next;
    onProgress?.(next);
  };
}
