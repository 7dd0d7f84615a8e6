import { setTimeout as delay } from 'node:timers/promises';
import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { maxBytesOfUpload } from '../../domain/access/upload-bounds.ts';
import { AppError, uploadTooLarge } from '../../domain/errors.ts';
import { SIGNATURE_BYTES, typeBySignature } from '../../domain/image/file-signature.ts';
import { type PendingImage, type Rejection, reject } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { acceptedType, MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import { incomingKeyOf } from '../../domain/image/object-key.ts';
import type { FetchSource } from '../../domain/ingest/fetch-source.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import { OutboundError } from '../../outbound/outbound-error.ts';
import type { IngestServices, Services } from '../../services.ts';
import { discard } from '../images/image-objects.ts';
import { type HeldClaim, hasLiveClaim, released, takeClaim } from '../uploads/claim.ts';
import { requireDecoded } from '../uploads/require-decoded.ts';
import { FOR_NOW, failed, REASONS } from './fetch-fault.ts';
import { MAX_ATTEMPTS, nextLookAt, pauseAfter, sendFetch } from './fetch-plan.ts';

export type FetchServices = Pick<
  Services,
  | 'images'
  | 'blocked'
  | 'objects'
  | 'staging'
  | 'jobs'
  | 'ingest'
  | 'finalize'
  | 'clock'
  | 'newId'
  | 'settings'
  | 'tracing'
>;
type Fetching = FetchServices & { readonly ingest: IngestServices };

/** For all redirects and bytes. A function and a worker that stops have little more. */
const TIMEOUT_MS = 60_000;
/** An image that is deleted meanwhile ends its fetch this soon. */
const LOOK_EVERY_MS = 2_000;

/**
 * `http/uploads/fetches.ts` takes a URL, and `create-fetch.ts` makes its record and sends a job, whose work this is;
 * the sweep (`operations/upkeep/sweep-image.ts`) sends lost ones again. `outbound/downloads.ts` asks the host.
 *
 * Fetches the bytes of a pending image from its URL, and finalizes it; a failure that is final rejects it. Images that
 * are fetched already are only finalized, and others left alone. `signal` ends it early, and uncounted. Errors:
 * `overloaded` if too many wait for a fetch, those of `finalize`, of the store and of the staging.
 */
export async function fetchUpload(services: FetchServices, id: ImageId, signal?: AbortSignal): Promise<void> {
  const image = await services.images.getToChange(id);
  if (image?.status !== 'pending' || image.isDirect) return;
  if (image.fetchFrom !== null && !(await fetchInTurn(services, image, signal))) return;
  await services.finalize(id);
}

/** The pause of a job that finds no place, so that those of a flood come one after the other. */
const CROWDED_SECONDS = [5, 30] as const;

/** Fetches it for a job, which comes again later if there is no place: it has failed at nothing. */
export async function fetchForJob(services: FetchServices, id: ImageId, signal?: AbortSignal): Promise<void> {
  try {
    await fetchUpload(services, id, signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'overloaded') throw error;
    const [least, most] = CROWDED_SECONDS;
    await sendFetch(services, id, Math.round(least + Math.random() * (most - least)));
  }
}

/** Ends an image whose time is over. */
export async function giveUpFetch(services: FetchServices, image: PendingImage): Promise<void> {
  await using claim = await takeClaim(services, image);
  await claim?.settle((current) => reject(current, failed('timeout'), services.clock.now()));
}

/** Whether the bytes are here. */
async function fetchInTurn(services: FetchServices, image: PendingImage, signal = NEVER): Promise<boolean> {
  const { ingest, images, clock } = services;
  if (!ingest) return false; // a process that may fetch does it, until the image's time is over
  const payer = payerOfUpload(image, UNKNOWN_PAYER);
  using _place = await ingest.places.enter({ payer, signal });
  const current = await images.getToChange(image.id);
  if (current?.status !== 'pending' || current.fetchFrom === null) return current?.status === 'pending';
  if (hasLiveClaim(current, clock.now())) return false; // another process fetches it
  const source = ingest.sources.open(current.fetchFrom, image.id);
  const counted = source && { ...source, attempts: source.attempts + 1 };
  const fetchFrom = counted ? ingest.sources.seal(counted, image.id) : current.fetchFrom;
  await using claim = await takeClaim(services, current, { ...current, fetchFrom });
  if (!claim) return false;
  return await fetchClaimed({ ...services, ingest }, claim, { source: counted, uncounted: current.fetchFrom, signal });
}

const NEVER = new AbortController().signal;

interface ClaimedSource {
  /** undefined: no key of the service opens it, as after a restore without them. */
  readonly source: FetchSource | undefined;
  /** As it was sealed before this attempt. */
  readonly uncounted: string;
  readonly signal: AbortSignal;
}

async function fetchClaimed(
  services: Fetching,
  claim: HeldClaim,
  { source, uncounted, signal }: ClaimedSource,
): Promise<boolean> {
  const { clock } = services;
  const rejectAs = async (rejection: Rejection): Promise<false> => {
    await claim.settle((current) => reject(current, rejection, clock.now()));
    return false;
  };
  if (!source || source.attempts > MAX_ATTEMPTS) return rejectAs(failed('broken')); // processes died with it
  using watch = watchRecord(services, claim, signal);
  try {
    await using fetched = await bytesOf(services, claim.image, source, watch.signal);
    if ('rejection' in fetched) return await rejectAs(fetched.rejection);
    return await store(services, claim, fetched);
  } catch (error) {
    if (watch.isLost()) return false;
    const again = (fetchFrom: string, delaySeconds: number) =>
      claim.settle((current) => ({ ...released(current), fetchFrom, lookAt: nextLookAt(services, delaySeconds) }));
    if (signal.aborted) {
      await claim.settle((current) => ({ ...released(current), fetchFrom: uncounted, lookAt: clock.now() }));
      return false;
    }
    if (!(error instanceof OutboundError)) {
      await again(uncounted, 0);
      throw error;
    }
    if (!FOR_NOW.includes(error.fault) || source.attempts === MAX_ATTEMPTS)
      return rejectAs(failed(REASONS[error.fault]));
    const delaySeconds = pauseAfter(source.attempts);
    if (await again(claim.image.fetchFrom ?? uncounted, delaySeconds))
      await sendFetch(services, claim.image.id, delaySeconds);
    return false;
  }
}

type Fetched = AsyncDisposable &
  ({ readonly file: LocalFile; readonly contentType: MediaType } | { readonly rejection: Rejection });

/** Errors: `OutboundError`, the reason of the signal, those of `stage`. */
async function bytesOf(
  { ingest, staging, settings }: Fetching,
  image: PendingImage,
  { url, types }: FetchSource,
  signal: AbortSignal,
): Promise<Fetched> {
  const maxBytes = image.reservedBytes;
  await using held = new AsyncDisposableStack();
  const refused = (rejection: Rejection): Fetched => ({ rejection, [Symbol.asyncDispose]: async () => undefined });
  try {
    const { hosts, downloads } = ingest;
    using download = await downloads.get(url, { timeoutMs: TIMEOUT_MS, maxBytes, reachOf: hosts.reachOf, signal });
    const head = startOf(download.body);
    const file = held.use(
      await staging.stage(head.body, {
        maxBytes,
        payer: payerOfUpload(image, UNKNOWN_PAYER),
        leaving: 'reserve',
        announcedBytes: download.announcedBytes ?? 0,
      }),
    );
    if (file.sizeBytes === 0)
      return refused({ code: 'empty-upload', detail: 'expected the bytes of an image at the URL; got none' });
    const found = typeBySignature(head.bytes());
    const contentType = acceptedType(found ?? '');
    if (!contentType || !(types ?? MEDIA_TYPES).includes(contentType))
      return refused(unsupported(types ?? MEDIA_TYPES, found));
    requireDecoded(settings, contentType);
    const mostOfType = maxBytesOfUpload(settings.maxUploadBytes, { contentType, token: image.token });
    if (file.sizeBytes > mostOfType) throw uploadTooLarge(mostOfType, file.sizeBytes);
    const all = held.move();
    return { file, contentType, [Symbol.asyncDispose]: () => all.disposeAsync() };
  } catch (error) {
    const rejection = rejectionOf(error, maxBytes);
    if (rejection) return refused(rejection);
    throw error;
  }
}

function rejectionOf(error: unknown, maxBytes: number): Rejection | undefined {
  const told = error instanceof OutboundError && error.fault === 'too-large' ? uploadTooLarge(maxBytes, 'more') : error;
  if (!(told instanceof AppError)) return undefined;
  const { code, detail, params } = told;
  return code === 'upload-too-large' || code === 'unsupported-type' ? { code, detail, params } : undefined;
}

function unsupported(types: readonly MediaType[], found: string | undefined): Rejection {
  const got = found ?? 'other bytes';
  return {
    code: 'unsupported-type',
    detail: `expected a picture of ${types.join(' or ')} at the URL; got ${got}`,
    params: { formats: types, ...(found !== undefined && { got: found }) },
  };
}

/** A body that keeps its first bytes, for when it has been read. */
function startOf(whole: AsyncIterable<Uint8Array>) {
  const start: Uint8Array[] = [];
  let sizeBytes = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const chunk of whole) {
      if (sizeBytes < SIGNATURE_BYTES) start.push(chunk.slice(0, SIGNATURE_BYTES));
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  return { body: body(), bytes: () => Buffer.concat(start).subarray(0, SIGNATURE_BYTES) };
}

/** Puts the bytes where those of a grant arrive. From then on the image is one of these. */
async function store(
  services: Fetching,
  claim: HeldClaim,
  { file, contentType }: { readonly file: LocalFile; readonly contentType: MediaType },
): Promise<boolean> {
  const { objects, blocked, clock } = services;
  const key = incomingKeyOf(claim.image);
  await blocked.requireUnblocked(claim.image.userId); // the bytes may have taken longer than the deletion of its user
  await objects.put(key, file, { contentType });
  const settled = await claim.settle((current) => ({
    ...released(current),
    contentType,
    fetchFrom: null,
    lookAt: clock.now(),
  }));
  if (settled) return true;
  await discard(services, [key]);
  return false;
}

interface Watch extends Disposable {
  /** Aborts with the caller's, and if the image is no longer ours. */
  readonly signal: AbortSignal;
  isLost(): boolean;
}

/** Looks whether the image was deleted, or another process has taken it. */
function watchRecord(
  { images }: Pick<Services, 'images'>,
  { image: { id }, attempt }: HeldClaim,
  ends: AbortSignal,
): Watch {
  const ending = new AbortController();
  const lost = new AbortController();
  const look = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal: ending.signal, ref: false });
      const current = await images.get(id).catch(() => null); // in an outage the fetch goes on
      if (current === null) continue;
      if (current?.status !== 'pending' || current.claim?.attempt !== attempt) return lost.abort();
    }
  };
  look().catch(() => undefined); // it was ended
  return {
    signal: AbortSignal.any([ends, lost.signal]),
    isLost: () => lost.signal.aborted,
    [Symbol.dispose]: () => ending.abort(),
  };
}
