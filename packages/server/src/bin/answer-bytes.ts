import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Node's own, which its types omit: the head of the answer as it was sent, and whether `100 Continue` was. */
interface SentHead {
  readonly _header: string | null;
  readonly _sent100: boolean;
}

const CONTINUE_BYTES = 'HTTP/1.1 100 Continue\r\n\r\n'.length;

/**
 * Counts the bytes of an answer's body: what its connection has sent since now, without the head. Call it before the answer begins, and the
 * function that it returns when the answer has closed; answers of one connection mustn't overlap. Of an answer without a declared length
 * the framing of chunks counts too. Of one that the client cut off, the bytes that the system took, of which some may not have arrived.
 */
export function watchAnswer(socket: Socket, outgoing: ServerResponse): () => number {
  const before = socket.bytesWritten;
  return () => {
    const { _header: head, _sent100: sent100 } = outgoing as ServerResponse & SentHead;
    if (head === null) return 0;
    const sent = socket.bytesWritten - socket.writableLength - before;
    return Math.max(sent - head.length - (sent100 ? CONTINUE_BYTES : 0), 0);
  };
}
