import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { malformedRequestAnswer } from '../http/app.ts';
import type { Logger } from '../log/logger.ts';

/** Passes Node's requests to the app; no error of a request reaches the process. */
export function createRequestListener(
  fetch: Parameters<typeof getRequestListener>[0],
  logger: Logger,
): RequestListener {
  // The app answers its own errors: this error prevented a request.
  const errorHandler = (error: unknown) => malformedRequestAnswer(error, logger);
  // HTTP/1.0 may omit the Host header, and routing needs a URL; the app reads the header itself.
  const listener = getRequestListener(fetch, { errorHandler, hostname: 'localhost' });
  return (incoming, outgoing) => {
    listener(incoming, outgoing).catch((error: unknown) => {
      logger.error({ err: error, path: pathOf(incoming.url ?? '') }, 'writing an answer failed');
      outgoing.destroy();
    });
  };
}

/** The same path as in the log line of the request (http/exchange.ts). */
const MAX_LOGGED_PATH_LENGTH = 1_024;

const pathOf = (target: string): string => target.slice(0, MAX_LOGGED_PATH_LENGTH).replace(/[?#].*/s, '');
