import { handedUrl, type SafelightClient, SafelightError } from '@safelight/client';
import type { Member } from '../library/library.ts';

/** Attempts for the bytes of one picture, of which the last may be after a minute. */
const MOST_ATTEMPTS = 3;
const LONGEST_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;

/**
 * The original, or the rendition of a preset. The service names a signed URL, which may be of a bucket: its CORS rules
 * let the page read it. Errors: `SafelightError`.
 */
export async function pictureBytes(
  client: SafelightClient,
  { image_id: id }: Member,
  { preset, signal }: { readonly preset: string | undefined; readonly signal: AbortSignal },
): Promise<Blob> {
  for (let attempt = 1; ; attempt += 1) {
    const url = preset === undefined ? await client.images.downloadUrl(id, { signal }) : await renditionUrl();
    const answer = await fetch(url, { signal, credentials: 'omit' })
      .then(async (response) => ({ response, blob: response.ok ? await response.blob() : undefined }))
      .catch(() => undefined);
    if (answer?.blob) return answer.blob;
    signal.throwIfAborted();
    const status = answer?.response.status;
    const isTemporary = status === undefined || status === 429 || status >= 500;
    if (!isTemporary || attempt === MOST_ATTEMPTS)
      throw new SafelightError(status === undefined ? 'network' : 'unavailable', 'expected the bytes; got none', {
        status,
      });
    const asked = Number(answer?.response.headers.get('retry-after')) * 1_000;
    const pause = Math.min(LONGEST_PAUSE_MS, asked + FIRST_PAUSE_MS * 2 ** (attempt - 1));
    await pauseOf(pause, signal);
  }

  async function renditionUrl(): Promise<string> {
    const path = `/images/${encodeURIComponent(id)}/renditions/${encodeURIComponent(preset ?? '')}/download`;
    const { download_url } = Object(await client.request(path, { signal }));
    return handedUrl(download_url, location.origin);
  }
}

/** Errors: the signal's. */
function pauseOf(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
