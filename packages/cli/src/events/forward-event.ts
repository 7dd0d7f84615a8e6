import type { ImageEvent } from '@safelight/client';
import { connectionFault } from '../output/advice.ts';
import { type Secret, signedMessage } from './signed-message.ts';

/** What came of one request. */
export interface Attempt {
  /** null: there was no answer. */
  readonly status: number | null;
  readonly durationMs: number;
  /** The beginning of the answer, or why there was none. */
  readonly answer: string;
}

export interface Forwarded extends Attempt {
  readonly isDelivered: boolean;
  readonly attempts: number;
}

export interface Forwarding {
  readonly receiver: URL;
  /** The service's origin. */
  readonly source: string;
  readonly secret: Secret;
  readonly signal: AbortSignal;
  /** Errors: the abort of its signal. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Called before each further attempt. */
  readonly onRetry: (event: ImageEvent, failed: Attempt, pauseMs: number) => void;
}

/** The pause after each failed attempt but the last. A receiver that is started again is back within seconds. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;
/** As the service's: for everything until the end of the answer, and so much of it. */
const TIMEOUT_MS = 15_000;
const ANSWER_BYTES = 1_024;
/** The receiver wants no more. */
const GONE = 410;

/**
 * Sends an event as the service would, again while the receiver fails, but for seconds instead of a day. Errors: the
 * abort of `signal`.
 */
export async function forwardEvent(event: ImageEvent, forwarding: Forwarding): Promise<Forwarded> {
  const { signal, pause, onRetry } = forwarding;
  for (let attempts = 1; ; attempts += 1) {
    const attempt = await send(event, forwarding);
    const isDelivered = attempt.status !== null && attempt.status >= 200 && attempt.status < 300;
    const pauseMs = PAUSES_MS[attempts - 1];
    if (isDelivered || attempt.status === GONE || pauseMs === undefined) return { ...attempt, isDelivered, attempts };
    onRetry(event, attempt, pauseMs);
    await pause(pauseMs, signal);
  }
}

async function send(event: ImageEvent, { receiver, source, secret, signal }: Forwarding): Promise<Attempt> {
  const startMs = performance.now();
  const attempt = (status: number | null, answer: string): Attempt => ({
    status,
    durationMs: Math.round(performance.now() - startMs),
    answer,
  });
  const late = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(receiver, {
      method: 'POST',
      ...signedMessage(event, { source, secret, now: new Date() }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
    });
    return attempt(response.status, await beginningOf(response));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return attempt(null, `no answer within ${TIMEOUT_MS / 1000} s`);
    return attempt(null, connectionFault(error) ?? 'no answer');
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= ANSWER_BYTES) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, ANSWER_BYTES)).trim();
}
