/** A line without its end, and where it begins. */
export interface Line {
  readonly text: string;
  readonly offset: number;
  /** Of the line with its end. */
  readonly bytes: number;
}

/** A record has kilobytes. A damaged file may have no end of a line at all. */
const MAX_LINE_BYTES = 16 * 1_048_576;
const END = 0x0a;

/** Errors: TypeError if the last line has no end, or one is too long. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(END); end >= 0; end = bytes.indexOf(END, start)) {
      yield { text: bytes.toString('utf8', start, end), offset, bytes: end + 1 - start };
      offset += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES)
      throw new TypeError(`expected lines of at most ${MAX_LINE_BYTES} bytes; got a longer one`);
  }
  if (rest.length > 0) throw new TypeError('expected an end of the last line; got a file that was cut');
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
