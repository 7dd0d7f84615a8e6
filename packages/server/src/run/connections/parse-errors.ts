import { type Server, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import { noFacts, requestDone } from '../../http/app.ts';
import type { Observer, RequestDone } from '../../observe/observer/observer.ts';
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
function refusalOf({ code: reason = '' }: Error & { readonly code?: string }): Refusal | undefined {
  const status = STATUSES[reason] ?? (reason.startsWith('HPE_') ? 400 : undefined);
  return status === undefined ? undefined : { status, reason };
}

/** The end of a connection whose request has a malformed body, and was answered for that. */
class RefusedBody extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, cause: Error) {
    super(`malformed body: ${refusal.reason}`, { cause });
    this.refusal = refusal;
  }
}

/** The answer that took the place of the app's, whose own came too late; undefined: none did. */
export const refusedBody = ({ errored }: Socket): Refusal | undefined =>
  errored instanceof RefusedBody ? errored.refusal : undefined;

export interface ParseErrorOptions {
  /** The request of this connection that is being handled. */
  readonly current: (socket: Socket) => Exchange | undefined;
  readonly observe: Observer;
}

/**
 * Answers what Node's parser refuses as Node does by default, and emits `request-done` for it. Not for a connection
 * that ends before its first byte. A request whose body is malformed has its event anyway (`refusedBody`).
 */
export function answerParseErrors(server: Server, { current, observe }: ParseErrorOptions): void {
  server.on('clientError', (error, socket) => {
    const refusal = refusalOf(error);
    if (!(socket instanceof Socket) || !refusal || socket.bytesRead === 0) {
      socket.destroy(error);
      return;
    }
    const exchange = current(socket);
    const ofBody = exchange !== undefined && !exchange.incoming.complete;
    // Otherwise the client would take it for the answer to an earlier request. One that cuts its body off has left.
    const isDue = ofBody ? !exchange.outgoing.headersSent && refusal.reason !== CUT_OFF : !exchange;
    const isAnswered = isDue && socket.writable;
    if (isAnswered) socket.write(answerTo(refusal));
    socket.destroy(ofBody && isAnswered ? new RefusedBody(refusal, error) : error);
    if (!ofBody) observe(unparsedDone(socket, { ...refusal, isAnswered }));
  });
}

const answerTo = ({ status }: Refusal): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;

/** The event of bytes in which no method and no path were found. */
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
