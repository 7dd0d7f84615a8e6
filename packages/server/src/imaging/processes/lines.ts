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

/** A sound sender's chunks have up to 64 KB; joining each of a few bytes would copy all again and again. */
const MAX_CHUNKS = 64;

/** Emits each line of a stream, in order. */
export function readLines(stream: Readable, { maxBytes, onLine, onTooLong }: LineOptions): LineReader {
  let chunks: Buffer[] = [];
  let length = 0;
  let taking: { readonly length: number; readonly then: (bytes: Buffer) => void } | undefined;

  /** Where the next line, or what is taken, ends; undefined: later. Only the last chunk may have an end of line. */
  const endOfNext = (): number | undefined => {
    if (taking) return taking.length <= length ? taking.length : undefined;
    const last = chunks.at(-1);
    const end = last?.indexOf(NEWLINE) ?? -1;
    return last && end >= 0 ? length - last.length + end : undefined;
  };

  const readNext = (end: number): void => {
    const all = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const rest = all.subarray(taking ? end : end + 1);
    chunks = rest.length === 0 ? [] : [rest]; // an empty view would keep the bytes
    length = rest.length;
    const then = taking?.then ?? ((bytes: Buffer) => onLine(bytes.toString()));
    taking = undefined;
    then(all.subarray(0, end));
  };

  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    for (let end = endOfNext(); end !== undefined; end = endOfNext()) readNext(end);
    if (chunks.length > MAX_CHUNKS) chunks = [Buffer.concat(chunks)];
    if (taking || length <= maxBytes) return;
    chunks = [];
    stream.removeAllListeners('data').pause();
    onTooLong();
  });
  return {
    take: (size, then) => {
      taking = { length: size, then };
    },
  };
}
