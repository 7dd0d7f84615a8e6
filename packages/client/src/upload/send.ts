import { SafelightError } from '../errors.ts';
import { isRedirect, retryAfterIn, textIn } from '../http/answer.ts';
import { aborted, either } from '../http/retry.ts';

/** A request that carries the bytes of a file to the store. */
export interface SendRequest {
  readonly method: 'PUT';
  readonly url: string;
  /** Without the length, which is the body's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal | undefined;
  /** Called with the number of bytes that have left, never with fewer than before. */
  readonly onSent: (bytes: number) => void;
}

export interface SendAnswer {
  readonly status: number;
  readonly text: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

/** Sends bytes. Errors: `network`, `timeout` if no byte moves for a minute, `aborted`. */
export type Send = (request: SendRequest) => Promise<SendAnswer>;

/** How long a connection may be silent while bytes are sent, or while the store verifies and answers. */
export const SILENT_MS = 60_000;

/** `fetch` doesn't tell what moves, so it may take as long as a slow connection needs: 16 KB a second. */
const SLOWEST_BYTES_PER_MS = 16;

/** For service workers, which have no XMLHttpRequest. Tells progress at the end only. */
export const sendByFetch =
  (fetching: typeof fetch): Send =>
  async ({ method, url, headers, body, signal, onSent }) => {
    const limit = AbortSignal.timeout(SILENT_MS + Math.ceil(body.size / SLOWEST_BYTES_PER_MS));
    try {
      const response = await fetching(url, {
        method,
        headers,
        body,
        redirect: 'manual',
        signal: either(signal, limit),
      });
      if (isRedirect(response)) throw elsewhere();
      const text = await textIn(response, MOST_BYTES_OF_ANSWER);
      onSent(body.size);
      return { status: response.status, text, retryAfter: retryAfterIn((name) => response.headers.get(name)) };
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (error instanceof SafelightError) throw error;
      throw limit.aborted ? silence(SILENT_MS) : cut(error);
    }
  };

/** The limit of a store's answer: an error in XML. */
export const MOST_BYTES_OF_ANSWER = 65_536;

/** A redirect: the service names the store, and nobody else gets the bytes. */
export const elsewhere = (): SafelightError =>
  new SafelightError('unexpected-answer', 'expected the store to take the bytes; got a redirect');

export const silence = (ms: number): SafelightError =>
  new SafelightError('timeout', `expected bytes to move within ${ms / 1000} s; got silence`);

export const cut = (cause?: unknown): SafelightError =>
  new SafelightError('network', 'expected the store to take the bytes; got a cut connection', { cause });
