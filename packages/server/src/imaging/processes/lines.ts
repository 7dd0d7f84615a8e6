import type { Readable } from 'node:stream';

export interface LineOptions {
  readonly maxBytes: number;
  onLine(line: string): void;
  /** The sender exceeded the length limit without an end of line; reading stops. */
  onTooLong(): void;
}

export interface LineReader {
  /** The next bytes are no lines; to be called in `onLine`. */
  take(length: number, then: (bytes: Buffer) => void): void;
}

const NEWLINE = 0x0a;

/** Emits each line of a stream, in order. */
export function readLines(stream: Readable, { maxBytes, onLine, onTooLong }: LineOptions): LineReader {
  let rest: Buffer = Buffer.alloc(0);
  let taking: { readonly length: number; readonly then: (bytes: Buffer) => void } | undefined;

  /** False if there isn't enough yet. */
  const readOne = (): boolean => {
    const end = taking ? taking.length : rest.indexOf(NEWLINE);
    if (end < 0 || end > rest.length) return false;
    const [bytes, then] = [rest.subarray(0, end), taking?.then];
    rest = rest.subarray(taking ? end : end + 1);
    taking = undefined;
    if (then) then(bytes);
    else onLine(bytes.toString());
    return true;
  };

  stream.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (readOne());
    if (taking || rest.length <= maxBytes) return;
    rest = Buffer.alloc(0);
    stream.removeAllListeners('data').pause();
    onTooLong();
  });
  return {
    take: (length, then) => {
      taking = { length, then };
    },
  };
}
