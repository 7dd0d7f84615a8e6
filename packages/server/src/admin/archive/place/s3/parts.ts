/** S3 takes 10,000 parts of at least 5 MiB: 80 GB in all. A part is held in memory, so that it can be sent again. */
export const PART_BYTES = 8 * 1_048_576;

export interface Part {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** The bytes in parts of `PART_BYTES`; the last one may be smaller. Nothing for no bytes. */
export async function* inParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part, undefined> {
  let kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      if (bytes === PART_BYTES) {
        yield { bytes: Buffer.concat(kept), isLast: false };
        kept = [];
        bytes = 0;
      }
      const taken = rest.subarray(0, PART_BYTES - bytes);
      kept.push(taken);
      bytes += taken.byteLength;
      rest = rest.subarray(taken.byteLength);
    }
  }
  if (bytes > 0) yield { bytes: Buffer.concat(kept), isLast: true };
  return undefined;
}
