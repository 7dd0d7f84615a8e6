import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { malformedRequestAnswer } from '../http/app.ts';
import type { Logger } from '../log/logger.ts';

/** Hands Node's requests to the app; what becomes of one never reaches the process. */
export function createRequestListener(
  fetch: Parameters<typeof getRequestListener>[0],
  logger: Logger,
): RequestListener {
  // The app answers its own errors: what comes here made no request.
  const errorHandler = (error: unknown) => malformedRequestAnswer(error, logger);
  // Without a Host header, which HTTP/1.0 may leave out, there would be no URL to route by; the app reads the header itself.
  const listener = getRequestListener(fetch, { errorHandler, hostname: 'localhost' });
  return (incoming, outgoing) => {
    listener(incoming, outgoing).catch((error: unknown) => {
      logger.error({ err: error, path: pathOf(incoming.url ?? '') }, 'writing an answer failed');
      outgoing.destroy();
    });
  };
}

/** As the line of every request has it (http/exchange.ts). */
const MAX_LOGGED_PATH_LENGTH = 1_024;

const pathOf = (target: string): string => target.slice(0, MAX_LOGGED_PATH_LENGTH).replace(/[?#].*/s, '');
