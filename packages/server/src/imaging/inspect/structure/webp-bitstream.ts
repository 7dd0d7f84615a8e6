import type { Size } from '../../../domain/rendition/transform.ts';

/** The start code of a VP8 key frame (RFC 6386, 9.1), and the first byte of VP8L (RFC 9649, 3.4). */
const VP8_START_CODE = 0x2a_01_9d;
const VP8L_SIGNATURE = 0x2f;

/** The size according to the chunk's first bytes, in pixels; undefined if they aren't a picture of this kind. */
export function bitstreamSize(type: 'VP8 ' | 'VP8L', head: Buffer): Size | undefined {
  if (type === 'VP8 ') {
    if (head.length < 10 || head.readUIntLE(3, 3) !== VP8_START_CODE) return undefined;
    return { width: head.readUInt16LE(6) & 0x3fff, height: head.readUInt16LE(8) & 0x3fff };
  }
  if (head.length < 5 || head[0] !== VP8L_SIGNATURE) return undefined;
  const bits = head.readUInt32LE(1);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** The number of bytes that are needed. */
export const BITSTREAM_HEAD_BYTES = 10;
