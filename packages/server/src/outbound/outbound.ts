import { abortReason, unlessAborted } from '../flow/abort.ts';
import type { AllowedNetwork } from './allowed-network.ts';
import { createConnector } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { createJudge } from './judge.ts';
import type { LookUp } from './look-up.ts';
import { createOriginLines } from './origin-lines.ts';
import { createOriginPools } from './origin-pools.ts';
import { OutboundError } from './outbound-error.ts';
import { reasonOf } from './reason.ts';
import { countInterims, MAX_HEADER_BYTES, type OutboundAnswer, receiveAnswer } from './receive-answer.ts';

/**
 * The only client for URLs that a person or a configuration chose: it reaches public hosts by https, and
 * `OUTBOUND_ALLOW`.
 */
export interface Outbound extends AsyncDisposable {
  /**
   * One POST, by no proxy, to no redirect, and without a retry. Errors: `OutboundError`, or the reason of `signal`. The
   * peer may have received the request even so.
   */
  post(url: string, request: OutboundRequest): Promise<OutboundAnswer>;
}

export interface OutboundRequest {
  /** `Host` and `Accept-Encoding` are the client's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** For everything, from the look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** The limit of the answer's body. */
  readonly maxAnswerBytes: number;
  /** A larger body is an error, or is cut and received no further. */
  readonly largerAnswer?: 'error' | 'cut';
  readonly signal?: AbortSignal;
}

export interface OutboundOptions {
  readonly allow: readonly AllowedNetwork[];
  readonly lookUp: LookUp;
  /** For the look-up, TCP and TLS. */
  readonly connectMs?: number;
}

const CONNECT_MS = 5_000;

/** More requests to one origin wait for a connection, within their time. */
const CONNECTIONS_PER_ORIGIN = 8;

/**
 * Servers close idle connections after 5 s and more (Node does): a request on one that is about to close would be lost.
 */
const IDLE_MS = 4_000;

/** Then the next connection looks the name up again. */
const REQUESTS_PER_CONNECTION = 100;

export function createOutbound({ allow, lookUp, connectMs = CONNECT_MS }: OutboundOptions): Outbound {
  const closing = new AbortController();
  const lines = createOriginLines(CONNECTIONS_PER_ORIGIN);

  // The deadline of each request is the limit of its headers and its body. undici's own timers know only parts of it.
  const pools = createOriginPools({
    connect: createConnector({ judge: createJudge(allow), lookUp, connectMs, closing: closing.signal }),
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxRequestsPerClient: REQUESTS_PER_CONNECTION,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  return {
    async post(text, { headers, body, timeoutMs, maxAnswerBytes, largerAnswer = 'error', signal: callers }) {
      const { origin, host, pathname, search } = acceptedUrl(text);
      const late = () =>
        new OutboundError('timeout', `expected an answer from ${origin} within ${timeoutMs} ms; got none`);
      const follows = [closing.signal, ...(callers ? [callers] : [])];
      using deadline = startDeadline({ afterMs: timeoutMs, late, follows });
      const { signal } = deadline;

      const exchange = async (): Promise<OutboundAnswer> => {
        using _place = await lines.enter(origin, signal);
        const answer = await pools.of(origin).request({
          path: `${pathname}${search}`,
          method: 'POST',
          headers: { ...inLowerCase(headers), host, 'accept-encoding': 'identity' },
          body,
          signal,
          responseHeaders: 'raw',
          onInfo: countInterims(origin),
        });
        return await receiveAnswer(answer, { origin, maxAnswerBytes, largerAnswer });
      };
      try {
        // undici hears the signal only when it has a connection. Until then the request keeps its place.
        return await unlessAborted(exchange(), signal);
      } catch (cause) {
        if (signal.aborted) throw abortReason(signal);
        throw faultOf(cause, origin);
      }
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new OutboundError('closed', 'expected an open client; got one that was closed'));
      await pools.destroy();
    },
  };
}

/** Errors: `refused-url`. */
function acceptedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new OutboundError('refused-url', 'expected a URL; got something else');
  const { protocol, username, password } = url;
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new OutboundError('refused-url', `expected a URL with https; got ${protocol}`);
  if (username !== '' || password !== '')
    throw new OutboundError('refused-url', `expected a URL without credentials; got some for ${url.host}`);
  return url;
}

const inLowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Mistakes of the caller, such as a header that is two. */
const MISTAKES: readonly unknown[] = [
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
];

/** For undici's errors, and those of the connection. */
function faultOf(cause: unknown, origin: string): unknown {
  if (cause instanceof OutboundError || !(cause instanceof Error)) return cause;
  const code = 'code' in cause ? cause.code : undefined;
  if (MISTAKES.includes(code)) return cause;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    const message = `expected at most ${MAX_HEADER_BYTES} bytes of headers from ${origin}; got more`;
    return new OutboundError('too-large', message, { cause });
  }
  return new OutboundError('broken-answer', `expected an answer from ${origin}; got ${reasonOf(cause)}`, { cause });
}
