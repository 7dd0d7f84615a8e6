import type { AllowedNetwork } from './allowed-network.ts';
import { createConnector } from './connector.ts';
import { createJudge } from './judge.ts';
import type { LookUp } from './look-up.ts';
import { createOriginLines, type OriginLines } from './origin-lines.ts';
import { createOriginPools, type OriginPools } from './origin-pools.ts';
import { OutboundError } from './outbound-error.ts';
import { reasonOf } from './reason.ts';
import { MAX_HEADER_BYTES } from './receive-answer.ts';

export interface OriginsOptions {
  readonly allow: readonly AllowedNetwork[];
  readonly lookUp: LookUp;
  /** For look-up, TCP and TLS. */
  readonly connectMs?: number;
  /** More requests to one origin wait for a connection, within their time. */
  readonly connectionsPerOrigin?: number;
}

/** Guarded connections to any origin. Disposing ends all requests. */
export interface Origins extends AsyncDisposable {
  readonly lines: OriginLines;
  readonly pools: Pick<OriginPools, 'of'>;
  /** Aborts when it is disposed of. */
  readonly closing: AbortSignal;
}

const CONNECT_MS = 5_000;

const CONNECTIONS_PER_ORIGIN = 8;

/**
 * Servers close idle connections after 5 s and more (Node does): a request on one that is about to close would be lost.
 */
const IDLE_MS = 4_000;

/** Then the next connection looks the name up again. */
const REQUESTS_PER_CONNECTION = 100;

export function createOrigins({
  allow,
  lookUp,
  connectMs = CONNECT_MS,
  connectionsPerOrigin = CONNECTIONS_PER_ORIGIN,
}: OriginsOptions): Origins {
  const closing = new AbortController();

  // The deadline of each request is the limit of its headers and its body. undici's own timers know only parts of it.
  const pools = createOriginPools({
    connect: createConnector({ judge: createJudge(allow), lookUp, connectMs, closing: closing.signal }),
    connections: connectionsPerOrigin,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxRequestsPerClient: REQUESTS_PER_CONNECTION,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  return {
    lines: createOriginLines(connectionsPerOrigin),
    pools,
    closing: closing.signal,
    async [Symbol.asyncDispose]() {
      closing.abort(new OutboundError('closed', 'expected an open client; got one that was closed'));
      await pools.destroy();
    },
  };
}

/** Mistakes of the caller, such as a header that is two. */
const MISTAKES: readonly unknown[] = [
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
];

/** For undici's errors, and those of the connection. */
export function faultOf(cause: unknown, origin: string): unknown {
  if (cause instanceof OutboundError || !(cause instanceof Error)) return cause;
  const code = 'code' in cause ? cause.code : undefined;
  if (MISTAKES.includes(code)) return cause;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    const message = `expected at most ${MAX_HEADER_BYTES} bytes of headers from ${origin}; got more`;
    return new OutboundError('too-large', message, { cause });
  }
  return new OutboundError('broken-answer', `expected an answer from ${origin}; got ${reasonOf(cause)}`, { cause });
}
