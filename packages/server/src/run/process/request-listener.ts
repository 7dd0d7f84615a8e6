import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { malformedRequest, noFacts, pathOfTarget, type RequestFacts, requestDone } from '../../http/app.ts';
import { causeOf } from '../../observe/log/cause-of.ts';
import type { Logger } from '../../observe/log/logger.ts';
import { createRepeatedCauses } from '../../observe/log/repeated-causes.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { refusedBody } from '../connections/parse-errors.ts';
import { watchAnswer } from './answer-bytes.ts';

/** What Node has of a request, and what the app finds out about it. */
export interface RequestBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly facts: RequestFacts;
}

export interface RequestListenerOptions {
  readonly fetch: (request: Request, bindings: RequestBindings) => Response | Promise<Response>;
  readonly observe: Observer;
  readonly logger: Logger;
}

/**
 * Passes Node's requests to the app, and emits `request-done` once for each: when its answer has closed. No error of a
 * request reaches the process. Bytes that Node's parser refuses are not passed on (connections/parse-errors.ts).
 */
export function createRequestListener({ fetch, observe, logger }: RequestListenerOptions): RequestListener {
  const causes = createRepeatedCauses();
  return (incoming, outgoing) => {
    const startMs = performance.now();
    const facts = noFacts();
    const sentAnswer = watchAnswer(incoming.socket, outgoing);
    let isWritable = true;

    // Before the next request of the connection begins, which a listener of this event may cause.
    outgoing.prependListener('close', () => {
      const status = isWritable ? outgoing.statusCode : 500;
      const refusal = refusedBody(incoming.socket);
      const sent = sentAnswer();
      const done = requestDone(facts, {
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        unparsed: refusal?.reason,
        peer: facts.context ? undefined : incoming.socket.remoteAddress,
        status: refusal?.status ?? (outgoing.headersSent || !isWritable ? status : 0),
        outcome: refusal || sent.isWhole ? 'answered' : 'aborted',
        elapsedMs: performance.now() - startMs,
        bytesIn: bytesIn(incoming, facts),
        bytesOut: sent.bytes,
      });
      // Its client sees an answer that ends too early: the only trace of an error of the body, whose head said success.
      if (outgoing.errored) observe({ event: 'request-failed', requestId: done.requestId, error: outgoing.errored });
      observe(done);
    });

    const fault = faultOf(incoming);
    const ask = (request: Request) =>
      fault === undefined ? fetch(request, { incoming, outgoing, facts }) : malformedRequest(fault, facts);
    const listener = getRequestListener(ask, {
      // The app answers its own errors: this error prevented a request.
      errorHandler: (error) => malformedRequest(fault ?? `${EXPECTED_URL}; got others: ${messageOf(error)}`, facts),
      // HTTP/1.0 may omit the Host header, and routing needs a URL; the app reads the header itself.
      hostname: 'localhost',
    });
    listener(incoming, outgoing).catch((error: unknown) => {
      isWritable = false;
      const path = pathOfTarget(incoming.url ?? '');
      const tell = ({ repeated }: { readonly repeated: number }): void =>
        logger.error({ path, repeated }, 'writing an answer failed');
      if (causes.isFirst({ key: causeOf(error), group: 'writing', tell }))
        logger.error({ err: error, path }, 'writing an answer failed');
      outgoing.destroy();
    });
  };
}

const EXPECTED_URL = 'expected a path and a Host that form a URL';
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Why the app can't be asked, of the requests that Node itself would answer, or cut off, without a word to anyone. */
function faultOf({ method, httpVersion, headers }: IncomingMessage): string | undefined {
  if (method === 'CONNECT') return 'expected a request of this service; got CONNECT, which asks a proxy for a tunnel';
  if (httpVersion !== '1.1') return undefined;
  if (headers.host === undefined) return 'expected the header Host; got none'; // RFC 9112 3.2
  if (headers.expect === undefined || /(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect)) return undefined;
  return 'expected the header Expect with 100-continue; got another value'; // RFC 9110 10.1.1
}

/**
 * The bytes of the request's body: its length if all of it had arrived when the answer closed, read or not; otherwise
 * the part that the app has read, as for a body in chunks. A body that follows an early answer doesn't count.
 */
function bytesIn({ complete, headers }: IncomingMessage, { bytesRead }: RequestFacts): number {
  const declared = headers['content-length'];
  return complete && declared !== undefined ? Number(declared) : bytesRead;
}
