import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { malformedRequestAnswer } from '../http/app.ts';
import type { Logger } from '../logger.ts';

/** Hands Node's requests to the app; what becomes of one never reaches the process. */
export function createRequestListener(
  fetch: Parameters<typeof getRequestListener>[0],
  logger: Logger,
): RequestListener {
  // The app answers its own errors: what comes here made no request.
  const listener = getRequestListener(fetch, { errorHandler: (error) => malformedRequestAnswer(error, logger) });
  return (incoming, outgoing) => {
    listener(incoming, outgoing).catch((error: unknown) => {
      logger.error({ err: error, path: incoming.url?.replace(/[?#].*/s, '') }, 'an answer could not be written');
      outgoing.destroy();
    });
  };
}
