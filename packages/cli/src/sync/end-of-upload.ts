import { type Image, type SafelightClient, SafelightError } from '@safelight/client';
import { failureOf } from '../failure.ts';
import type { KnownContent } from './sync-state.ts';

/** Rejections of the bytes themselves: the service would reject them again. */
const REFUSALS: readonly string[] = [
  'unreadable-image',
  'too-many-pixels',
  'type-mismatch',
  'unsupported-type',
  'processing-failed',
  'refused-by-gate',
];

/** The bytes never arrived, or others did, or the upload has expired, or the image was deleted: sending decides. */
const UNSENT: readonly string[] = ['upload-missing', 'content-mismatch', 'image-not-ready', 'image-not-found'];

/** The service answers earlier if the image is decided. */
const POLL_SECONDS = 20;

interface Asking {
  readonly signal: AbortSignal;
  /** Then nothing is completed: only an image that is ready counts. */
  readonly isDryRun: boolean;
}

/**
 * Completes an upload that a killed run began, and waits until the service has decided. Its bytes may have arrived, and
 * after a day the Idempotency-Key no longer tells that. Undefined if the content must be sent.
 */
export async function endOfUpload(
  client: SafelightClient,
  id: string,
  { signal, isDryRun }: Asking,
): Promise<KnownContent | undefined> {
  try {
    const path = `/images/${encodeURIComponent(id)}`;
    let image = (await client.request(isDryRun ? `${path}/metadata` : `${path}/complete`, {
      method: isDryRun ? 'GET' : 'POST',
      signal,
    })) as Image;
    while (image.status === 'pending' && !isDryRun)
      image = (await client.request(`${path}/metadata`, { query: { wait: POLL_SECONDS }, signal })) as Image;
    // An image that a gate still checks has been uploaded too.
    return image.status === 'ready' || image.status === 'held' ? { state: 'ready', imageId: id } : undefined;
  } catch (error) {
    const refused = refusalIn(error);
    if (refused !== undefined) return refused;
    if (error instanceof SafelightError && UNSENT.includes(error.code)) return undefined;
    throw error;
  }
}

/** What to remember of a content whose bytes the service refused. */
export function refusalIn(error: unknown): KnownContent | undefined {
  if (!(error instanceof SafelightError) || !REFUSALS.includes(error.code)) return undefined;
  return { state: 'refused', reason: failureOf(error).message };
}
