/** A line without its end, and where it begins. */
export interface Line {
  readonly text: string;
  readonly offset: number;
  /** The length of the line, with its line end. */
  readonly bytes: number;
}

/**
 * No record has as much: fifty decisions of a gate, the longest part, are half of it. The values that a line of JSON
 * makes may take twenty times its bytes, so the limit keeps a forged file from filling the memory.
 */
export const MAX_LINE_BYTES = 262_144;
const END = 0x0a;

/** Errors: TypeError if the last line has no end, or one is too long. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let waiting = 0;
  let offset = 0;

  const take = (part: Buffer): void => {
    if (part.length === 0) return;
    parts.push(part);
    waiting += part.length;
    if (waiting > MAX_LINE_BYTES)
      throw new TypeError(`expected lines of at most ${MAX_LINE_BYTES} bytes; got a longer one`);
  };

  for await (const chunk of source) {
    const bytes = asBuffer(chunk);
    let start = 0;
    for (let end = bytes.indexOf(END); end >= 0; end = bytes.indexOf(END, start)) {
      take(bytes.subarray(start, end));
      const [only = bytes.subarray(0, 0), ...others] = parts;
      const line = others.length === 0 ? only : Buffer.concat(parts);
      yield { text: line.toString('utf8'), offset, bytes: line.length + 1 };
      offset += line.length + 1;
      start = end + 1;
      parts = [];
      waiting = 0;
    }
    take(bytes.subarray(start));
  }
  if (waiting > 0) throw new TypeError('expected an end of the last line; got a file that was cut');
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
