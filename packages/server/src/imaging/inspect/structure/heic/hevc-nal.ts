import { refuse } from './heic-rejection.ts';

/** A NAL unit within an item. */
export interface NalUnit {
  readonly type: number;
  /** The offset of its payload: after the unit's header. */
  readonly at: number;
  readonly sizeBytes: number;
}

/** ITU-T H.265, table 7-1. */
export const NAL_TYPE = {
  firstIntra: 16,
  instantWithLeading: 19,
  instant: 20,
  clean: 21,
  lastPicture: 31,
  videoParameters: 32,
  sequenceParameters: 33,
  pictureParameters: 34,
} as const;

export const NAL_HEADER_BYTES = 2;

/** 7.3.1.2: of the base layer. */
export function nalType(header: Buffer): number {
  if (header.length < NAL_HEADER_BYTES) refuse('NAL units with a header', 'one without');
  const bits = header.readUInt16BE(0);
  if ((bits & 0x8000) !== 0) refuse('NAL units that begin with a zero', 'a one');
  if (((bits >> 3) & 63) !== 0) refuse('HEVC pictures of one layer', 'more');
  if ((bits & 7) === 0) refuse('NAL units with a temporal sub-layer', 'one without');
  return bits >> 9;
}

/** The units of an item, each behind its length. Errors: `HeicRejected` if they don't fill it. */
export function* nalUnits(
  { bytesAt, sizeBytes }: { readonly bytesAt: (at: number, count: number) => Buffer; readonly sizeBytes: number },
  lengthBytes: number,
): Generator<NalUnit> {
  for (let at = 0; at < sizeBytes; ) {
    const start = at + lengthBytes;
    if (start > sizeBytes) refuse('NAL units that fill their item', 'bytes behind the last one');
    const head = bytesAt(at, lengthBytes + NAL_HEADER_BYTES);
    const length = head.readUIntBE(0, lengthBytes);
    if (length < NAL_HEADER_BYTES) refuse('NAL units with a header', `one of ${length} bytes`);
    if (start + length > sizeBytes) refuse('NAL units that end inside their item', 'one that goes beyond');
    yield {
      type: nalType(head.subarray(lengthBytes)),
      at: start + NAL_HEADER_BYTES,
      sizeBytes: length - NAL_HEADER_BYTES,
    };
    at = start + length;
  }
}
