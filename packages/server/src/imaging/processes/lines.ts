import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface LineReader {
  readonly maxBytes: number;
  onLine(line: string): void;
  /** The sender exceeded the length limit without an end of line; reading stops. */
  onTooLong(): void;
}

/** Emits each line of a stream, in order. */
export function readLines(stream: Readable, { maxBytes, onLine, onTooLong }: LineReader): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length <= maxBytes) return;
    rest = '';
    stream.removeAllListeners('data').pause();
    onTooLong();
  });
}
