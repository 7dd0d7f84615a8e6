import type { SafelightError } from '../errors.ts';
import { unexpected } from '../http/answer.ts';
import { either, isTemporary, isWorthRetrying, pauseAfter } from '../http/retry.ts';
import type { Pace } from './pace.ts';
import { createParts, type PartRequest } from './parts.ts';
import { type GrantedParts, partsIn } from './parts-answer.ts';
import { requireReadable } from './require-readable.ts';
import { SENT, type Sending, type UploadServices } from './sending.ts';
import { storeError } from './store-error.ts';

export interface SendingParts extends Pick<Sending, 'file' | 'signal' | 'onResumed' | 'onSent'> {
  readonly id: string;
  readonly parts: GrantedParts;
}

/** URLs that are asked for at once: for so many rounds of parts. */
const ROUNDS = 2;
/** How often a part needs another URL, or the store has forgotten the upload, while no part arrives. */
const MOST_RENEWALS = 24;

/**
 * Sends the parts that haven't arrived. Returns the store's reason if it refuses a part for good. Errors: those of an
 * upload.
 */
export async function sendParts(
  services: UploadServices & { readonly pace: Pace },
  { id, file, parts: granted, onResumed, onSent, ...given }: SendingParts,
): Promise<SafelightError | undefined> {
  const { route, baseUrl, digest, pace } = services;
  const ending = new AbortController();
  const signal = either(given.signal, ending.signal);
  const parts = createParts(granted);
  const sums = new Map<number, string | undefined>();
  const running = new Set<Promise<void>>();
  let asking: Promise<void> | undefined;
  /** The image isn't pending any more. */
  let isOver = false;
  /** The store knows nothing of the upload: what has arrived must be asked. */
  let isForgotten = false;
  let refused: SafelightError | undefined;
  let renewals = 0;

  async function ask(): Promise<void> {
    const isAnew = isForgotten;
    const numbers = isAnew ? [] : parts.wanted(ROUNDS * pace.limit());
    const named = await Promise.all(
      numbers.map(async (number) => (granted.checksums ? { number, sha256: await sumOf(number) } : { number })),
    );
    const body = named.length > 0 ? { parts: named } : {};
    const answer = partsIn(await route.parts?.(id, { body, signal }), file.size, baseUrl);
    if (!answer.parts) {
      isOver = true;
      return;
    }
    if (isAnew) {
      parts.forget();
      isForgotten = false;
    }
    parts.learn(answer.parts.received);
    parts.offer(answer.parts.urls);
    if (numbers.length > 0 && !parts.isComplete() && running.size === 0 && parts.ready() === 0)
      throw unexpected('URLs of parts');
  }

  async function sumOf(number: number): Promise<string | undefined> {
    if (!sums.has(number)) sums.set(number, await digest(sliceOf(number)));
    return sums.get(number);
  }

  const sliceOf = (number: number): Blob => {
    const { start, end } = parts.rangeOf(number);
    return file.slice(start, end);
  };

  async function send(number: number, { url, headers }: PartRequest): Promise<void> {
    let hasArrived = false;
    try {
      hasArrived = await sendUntilTaken(number, { url, headers });
    } finally {
      parts.end(number, hasArrived);
    }
  }

  /** False if the part needs another URL, or the upload is another one. */
  async function sendUntilTaken(number: number, { url, headers }: PartRequest): Promise<boolean> {
    const body = sliceOf(number);
    let failures = 0;
    for (;;) {
      const before = parts.arrived();
      try {
        await pace.enter(signal);
        const answer = await services
          .send({ method: 'PUT', url, headers, body, signal, onSent: (bytes) => moved(number, bytes) })
          .finally(pace.leave);
        const fault = storeError(answer, { headers, bytes: body.size });
        if (isTemporary(fault)) throw fault;
        if (!fault) {
          renewals = 0;
          pace.arrived(body.size);
          return true;
        }
        renewals += 1;
        isForgotten ||= answer.status === 404 || answer.status === 409;
        if (answer.status === 403) parts.expire(); // whatever this machine's clock says: the store's counts
        if ((!isForgotten && answer.status !== 403) || renewals > MOST_RENEWALS) refused = fault;
        return false;
      } catch (error) {
        if (signal.aborted) throw error;
        await requireReadable(file);
        failures = parts.arrived() > before ? 1 : failures + 1;
        if (!isWorthRetrying(error, failures, services)) throw error;
        pace.failed();
        moved(number, 0);
        await pauseAfter(error, failures, { ...services, signal });
      }
    }
  }

  function moved(number: number, bytes: number): void {
    parts.moved(number, bytes);
    onSent(parts.sentBytes());
  }

  function start(): void {
    while (running.size < pace.limit()) {
      const part = parts.start();
      if (!part) return;
      const sent = send(part.number, part.request).finally(() => running.delete(sent));
      running.add(sent);
    }
  }

  parts.learn(granted.received);
  parts.offer(granted.urls);
  if (parts.arrived() > 0) onResumed?.((parts.sentBytes() / file.size) * SENT);
  onSent(parts.sentBytes());
  try {
    while (!isOver && !refused && !parts.isComplete()) {
      if (!isForgotten) start();
      const isDue = isForgotten ? running.size === 0 : parts.ready() < pace.limit() && parts.wanted(1).length > 0;
      if (isDue && !asking)
        asking = ask().finally(() => {
          asking = undefined;
        });
      await Promise.race(asking ? [...running, asking] : running);
    }
    return refused;
  } finally {
    ending.abort();
    await Promise.allSettled([...running, asking]);
  }
}
