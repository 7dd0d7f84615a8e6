import { setTimeout as delay } from 'node:timers/promises';

/** The service itself waits 10 s for a decoder before it refuses. */
const ATTEMPTS = 6;
/** The service's 429, and a store's SlowDown. */
const BUSY = [429, 503];
/** With a Retry-After: an Idempotency-Key whose first request still runs. */
const CONFLICT = 409;
/** No answer takes longer: the longest wait that a client may request is 20 s. */
const TIMEOUT_MS = 60_000;

/**
 * As clients should: repeats a request that a busy server refused, after its Retry-After. Cases run concurrently, on
 * machines of any speed, and none of them is about overload. A streamed body can't be repeated.
 */
export async function patientFetch(url: string, init: RequestInit = {}): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const isBusy =
      BUSY.includes(response.status) || (response.status === CONFLICT && response.headers.has('retry-after'));
    const isRepeatable = isBusy && seconds <= 30 && !(init.body instanceof ReadableStream);
    if (!isRepeatable || attempt === ATTEMPTS) return response;
    await response.body?.cancel();
    await delay(Math.max(seconds, 1) * 1_000);
  }
}
