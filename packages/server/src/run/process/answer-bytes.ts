import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Node's own, which its types omit: the head of the answer as it was sent, and whether `100 Continue` was. */
interface SentHead {
  readonly _header: string | null;
  readonly _sent100: boolean;
}

const CONTINUE_BYTES = 'HTTP/1.1 100 Continue\r\n\r\n'.length;

/** What was sent of an answer. */
export interface SentAnswer {
  /**
   * The bytes of the body. If the answer has no declared length, the framing of chunks counts too. If the client cut
   * the answer off, these are the bytes that the system took; some may not have arrived.
   */
  readonly bytes: number;
  readonly isWhole: boolean;
}

/**
 * Counts what the connection of an answer has sent since now, without the head. Call it before the answer begins, and
 * the function that it returns when the answer has closed; answers of one connection mustn't overlap.
 */
export function watchAnswer(socket: Socket, outgoing: ServerResponse): () => SentAnswer {
  const before = socket.bytesWritten;
  return () => {
    const { _header: head, _sent100: sent100 } = outgoing as ServerResponse & SentHead;
    if (head === null) return { bytes: 0, isWhole: false };
    const sent = socket.bytesWritten - socket.writableLength - before;
    const bytes = sent - head.length - (sent100 ? CONTINUE_BYTES : 0);
    // A client may leave with the last declared byte, before the source of a streamed answer has told its end.
    return { bytes: Math.max(bytes, 0), isWhole: outgoing.writableFinished || bytes >= declaredLength(head) };
  };
}

const declaredLength = (head: string): number =>
  Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? Number.POSITIVE_INFINITY);
