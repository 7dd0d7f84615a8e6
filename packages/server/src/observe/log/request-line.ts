import type { RequestDone } from '../observer/observer.ts';
import { withoutCredentials } from './credentials.ts';
import type { Logger } from './logger.ts';

/** Nginx's number for a request whose client left before there was an answer. */
const CLIENT_GONE = 499;

/**
 * One line a request. Only the path: queries hold signatures and what people search for. Of a problem its code and
 * sentence, from which the logger takes what a client may not want there (logged-detail.ts). A client that leaves is no
 * fault of the service.
 */
export function logRequest(logger: Logger, done: RequestDone): void {
  const level = done.status >= 500 && done.outcome === 'answered' ? 'error' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const { userId } = done;
  const line = {
    request_id: done.requestId,
    method: done.method,
    path: done.path,
    status: done.status || CLIENT_GONE,
    ms: Math.round(done.elapsedMs * 10) / 10,
    client_address: done.clientAddress,
    code: done.code,
    detail: done.detail,
    reason: done.reason,
    limit: done.limit,
    operation: done.operation ?? undefined,
    route: done.route ?? undefined,
    outcome: done.outcome,
    bytes_in: done.bytesIn,
    bytes_out: done.bytesOut,
    caller: done.caller,
    user_id: userId && withoutCredentials(userId), // a client may send a credential as the name of a user
    key_id: done.keyId,
    image_id: done.imageId,
    trace_id: done.traceId,
  };
  logger[level](line, 'request');
}
