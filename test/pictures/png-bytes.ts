import { crc32, deflateSync } from 'node:zlib';

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** PNG 5.3. */
export function chunk(type: string, data: Uint8Array): Buffer {
  const framed = Buffer.alloc(data.length + 12);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, 'latin1');
  framed.set(data, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, data.length + 8)), data.length + 8);
  return framed;
}

export interface PngShape {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  readonly colors?: number;
  readonly isInterlaced?: boolean;
}

export function pngHeader({ width, height, depth = 8, colors = 0, isInterlaced = false }: PngShape): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colors, 0, 0, isInterlaced ? 1 : 0], 8);
  return chunk('IHDR', data);
}

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** First column, first row, and the distances of columns and rows of each pass (PNG 8.2). */
export const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The byte length of the rows, including filter bytes. */
export function pixelBytes({ width, height, depth = 8, colors = 0, isInterlaced = false }: PngShape): number {
  const rows = (columns: number, count: number) =>
    columns === 0 ? 0 : count * (1 + Math.ceil((columns * depth * (CHANNELS[colors] ?? 1)) / 8));
  if (!isInterlaced) return rows(width, height);
  return ADAM7.reduce(
    (sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
    0,
  );
}

export const IEND = chunk('IEND', Buffer.alloc(0));

export const pngOf = (...chunks: readonly Buffer[]): Buffer => Buffer.concat([PNG_SIGNATURE, ...chunks, IEND]);

/** All pixels are 0; `extra` precedes them. */
export function blackPng(shape: PngShape, extra: readonly Buffer[] = []): Buffer {
  const palette = shape.colors === 3 ? [chunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6]))] : [];
  const rows = deflateSync(Buffer.alloc(pixelBytes(shape)));
  return pngOf(pngHeader(shape), ...palette, ...extra, chunk('IDAT', rows));
}

/** A text chunk whose text inflates to `bytes`. */
export const bigText = (bytes: number): Buffer =>
  chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(bytes, 0x61))]));
