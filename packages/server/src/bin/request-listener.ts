import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { malformedRequest, noFacts, pathOfTarget, type RequestFacts, requestDone } from '../http/app.ts';
import type { Logger } from '../log/logger.ts';
import type { Observer } from '../observer/observer.ts';
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
 * Passes Node's requests to the app, and emits `request-done` once for each: when its answer has closed. No error of a request reaches the
 * process. Bytes that Node's parser refuses are no request.
 */
export function createRequestListener({ fetch, observe, logger }: RequestListenerOptions): RequestListener {
  return (incoming, outgoing) => {
    const startMs = performance.now();
    const facts = noFacts();
    const bytesOut = watchAnswer(incoming.socket, outgoing);
    let isWritable = true;

    // Before the next request of the connection begins, which a listener of this event may cause.
    outgoing.prependListener('close', () => {
      const status = isWritable ? outgoing.statusCode : 500;
      const done = requestDone(facts, {
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        status: outgoing.headersSent || !isWritable ? status : 0,
        outcome: outgoing.writableFinished ? 'answered' : 'aborted',
        elapsedMs: performance.now() - startMs,
        bytesIn: bytesIn(incoming, facts),
        bytesOut: bytesOut(),
      });
      // Its client sees an answer that ends too early: the only trace of an error of the body, whose head said success.
      if (outgoing.errored) observe({ event: 'request-failed', requestId: done.requestId, error: outgoing.errored });
      observe(done);
    });

    const listener = getRequestListener((request) => fetch(request, { incoming, outgoing, facts }), {
      // The app answers its own errors: this error prevented a request.
      errorHandler: (error) => malformedRequest(error, facts),
      // HTTP/1.0 may omit the Host header, and routing needs a URL; the app reads the header itself.
      hostname: 'localhost',
    });
    listener(incoming, outgoing).catch((error: unknown) => {
      isWritable = false;
      logger.error({ err: error, path: pathOfTarget(incoming.url ?? '') }, 'writing an answer failed');
      outgoing.destroy();
    });
  };
}

/**
 * Of the body: its length if all of it had arrived when the answer closed, read or not; otherwise what the app has read of it, as of one in
 * chunks. A body that follows an early answer doesn't count.
 */
function bytesIn({ complete, headers }: IncomingMessage, { bytesRead }: RequestFacts): number {
  const declared = headers['content-length'];
  return complete && declared !== undefined ? Number(declared) : bytesRead;
}
