import { createHash } from 'node:crypto';
import { type Description, type Image, type SafelightClient, SafelightError } from '@safelight/client';
import { failure } from '../failure.ts';
import { type LocalImage, requireSame } from '../files/local-image.ts';

export interface Sending {
  readonly client: SafelightClient;
  /** Whose image it becomes, and where: parts of the Idempotency-Key. */
  readonly url: string;
  readonly user: string | undefined;
  readonly description: Description;
  readonly signal: AbortSignal;
  /** If the same upload of the last day was deleted since: sends it again, or fails with `deleted-image`. */
  readonly ifDeleted: 'send again' | 'fail';
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Called before `onBytes` with the bytes that an earlier, interrupted run has sent. */
  readonly onFound?: ((bytes: number) => void) | undefined;
  readonly onGranted?: ((imageId: string) => void) | undefined;
}

/** The client's fraction when all bytes have left: the rest is the service's verification. */
const SENT = 0.99;
/** How long a stop waits for the verification of bytes that have arrived. */
const VERIFICATION_MS = 10_000;
/** Uploads of one content to one place in a day, of which all but the last expired or were deleted. */
const GENERATIONS = 10;

/**
 * Uploads one file. The Idempotency-Key is made of content, place and description, so a repeated upload is the same
 * upload for a day, whatever ended the first. A stop ends it unless its bytes have left. Errors: `SafelightError`, and
 * `deleted-image`.
 */
export async function sendImage(image: LocalImage, sending: Sending): Promise<Image> {
  const { client, description, ifDeleted, onBytes, onFound, onGranted } = sending;
  for (let generation = 0; ; generation += 1) {
    using upload = stoppableUpload(sending.signal);
    let imageId: string | undefined;
    try {
      return await client.upload(image.bytes, {
        ...description,
        sha256: image.sha256,
        idempotencyKey: keyOf(image, sending, generation),
        signal: upload.signal,
        onGranted(id) {
          imageId = id;
          onGranted?.(id);
        },
        onResumed: (fraction) => onFound?.((fraction / SENT) * image.fingerprint.size),
        onProgress(fraction) {
          upload.report(fraction);
          onBytes?.(Math.min(fraction / SENT, 1) * image.fingerprint.size);
        },
      });
    } catch (error) {
      if (!upload.signal.aborted) await requireSame(image.path, image.fingerprint);
      if (imageId === undefined || !isOver(error) || generation === GENERATIONS) throw error;
      // Over since: an upload that expired, or an image that somebody deleted.
      if (error.code === 'image-not-found' && ifDeleted === 'fail')
        throw failure('deleted-image', 'Its image was deleted in Safelight. `safelight upload` sends it again.', {
          cause: error,
        });
    }
  }
}

const isOver = (error: unknown): error is SafelightError =>
  error instanceof SafelightError && (error.code === 'image-not-found' || error.code === 'image-not-ready');

function keyOf({ sha256 }: LocalImage, { url, user, description }: Sending, generation: number): string {
  const parts = ['safelight', url, user ?? null, sha256, description, generation];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Ends with the stop, but not once the bytes have left: such an upload can be finished. */
function stoppableUpload(stop: AbortSignal) {
  const ending = new AbortController();
  let [fraction, timer] = [0, undefined as ReturnType<typeof setTimeout> | undefined];
  const end = (): void => {
    if (fraction < SENT) ending.abort();
    else timer = setTimeout(() => ending.abort(), VERIFICATION_MS);
  };
  if (stop.aborted) end();
  else stop.addEventListener('abort', end, { once: true });
  return {
    signal: ending.signal,
    report: (next: number) => {
      fraction = next;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
    },
  };
}
