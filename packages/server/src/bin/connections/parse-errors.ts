import { type Server, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import { noFacts, requestDone } from '../../http/app.ts';
import type { Observer, RequestDone } from '../../observer/observer.ts';
import type { Exchange } from './connections.ts';

/** The answer to bytes that are no HTTP. */
interface Refusal {
  readonly status: number;
  /** The parser's name of the fault, such as `HPE_INVALID_METHOD`. */
  readonly reason: string;
}

const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** The client has ended its side before the end of its request. */
const CUT_OFF = 'HPE_INVALID_EOF_STATE';

/** undefined: the error is one of the connection. */
function refusalOf(error: (Error & { readonly code?: string }) | null): Refusal | undefined {
  const reason = error?.code ?? '';
  const status = STATUSES[reason] ?? (reason.startsWith('HPE_') ? 400 : undefined);
  return status === undefined ? undefined : { status, reason };
}

/**
 * The answer that took the place of the app's, because the body of the request is malformed; undefined: none did. A client that cuts its
 * body off has left, and gets no answer.
 */
export function refusedBody(exchange: Exchange): Refusal | undefined {
  const refusal = refusalOf(exchange.incoming.socket.errored);
  return refusal && isRefusedBody(exchange, refusal) ? refusal : undefined;
}

const isRefusedBody = ({ incoming, outgoing }: Exchange, { reason }: Refusal): boolean =>
  !incoming.complete && !outgoing.headersSent && reason !== CUT_OFF;

export interface ParseErrorOptions {
  /** The request of this connection that is being handled. */
  readonly current: (socket: Socket) => Exchange | undefined;
  readonly observe: Observer;
}

/**
 * Answers what Node's parser refuses as Node does by default, and emits `request-done` for it. Not for a connection that ends before its
 * first byte. A request whose body is malformed has its event anyway (`refusedBody`).
 */
export function answerParseErrors(server: Server, { current, observe }: ParseErrorOptions): void {
  server.on('clientError', (error, socket) => {
    const refusal = refusalOf(error);
    if (!(socket instanceof Socket) || !refusal || socket.bytesRead === 0) {
      socket.destroy(error);
      return;
    }
    const exchange = current(socket);
    const ofBody = exchange && !exchange.incoming.complete;
    const isAnswered = socket.writable && (ofBody ? isRefusedBody(exchange, refusal) : !exchange);
    // Otherwise the client would take it for the answer to an earlier request.
    if (isAnswered)
      socket.write(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nConnection: close\r\n\r\n`);
    socket.destroy(error);
    if (!ofBody) observe(unparsedDone(socket, { ...refusal, isAnswered }));
  });
}

/** Of bytes in which no method and no path were found. */
const unparsedDone = (
  { remoteAddress }: Socket,
  { status, reason, isAnswered }: Refusal & { readonly isAnswered: boolean },
): RequestDone =>
  requestDone(noFacts(), {
    method: '-',
    target: '-',
    unparsed: reason,
    peer: remoteAddress,
    status: isAnswered ? status : 0,
    outcome: isAnswered ? 'answered' : 'aborted',
    elapsedMs: 0,
    bytesIn: 0,
    bytesOut: 0,
  });
