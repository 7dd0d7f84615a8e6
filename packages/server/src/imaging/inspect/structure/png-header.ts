import type { Rejection } from '../../../domain/image/image.ts';
import { unsound } from './rejection.ts';

/** The content of IHDR (PNG 11.2.1). */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly isIndexed: boolean;
  readonly isInterlaced: boolean;
  /** The memory of the decoded pixels. */
  readonly decodedBytes: number;
}

/** Channels by color type. A palette becomes RGB and, with transparency, alpha. */
const COLORS: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 4, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

const MAX_SIDE = 2 ** 31 - 1;

export function readPngHeader(data: Buffer): PngHeader | Rejection {
  if (data.length !== 13) return unsound('expected 13 bytes in the IHDR chunk of a PNG; got another length');
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth = 0, type = 0, compression = 0, filter = 0, interlace = 0] = data.subarray(8);
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE) {
    return unsound('expected a PNG of at least one pixel; got a width or height that none can have');
  }
  const colors = COLORS[type];
  if (!colors?.depths.includes(depth)) {
    return unsound(`expected a color type and a bit depth of PNG; got type ${type} with ${depth} bits`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    return unsound('expected the compression, filter and interlace methods of PNG; got others');
  }
  return {
    width,
    height,
    channels: colors.channels,
    isIndexed: type === 3,
    isInterlaced: interlace === 1,
    decodedBytes: width * height * colors.channels * (depth === 16 ? 2 : 1),
  };
}
