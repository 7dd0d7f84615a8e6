import { crc32, deflateSync } from 'node:zlib';

/** A JPEG's segment: its length counts itself (ITU-T T.81, B.1.1.4). */
export function segment(marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

export const SOI = Buffer.from([0xff, 0xd8]);
export const EOI = Buffer.from([0xff, 0xd9]);

export interface Frame {
  /** The marker: 0xc0 baseline, 0xc2 progressive. */
  readonly process: number;
  readonly width: number;
  readonly height: number;
  readonly precision?: number;
  readonly components?: number;
}

export function frameHeader({ process, width, height, precision = 8, components = 1 }: Frame): Buffer {
  const ids = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]);
  return segment(
    process,
    Buffer.from([precision, height >> 8, height & 255, width >> 8, width & 255, components, ...ids.flat()]),
  );
}

/** A quantization table of ones. */
export const quantization = (): Buffer => segment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1));

/** A Huffman table with one code, `0`: `kind` is 0 for DC, 1 for AC. */
export const huffman = (kind: 0 | 1, symbol: number): Buffer =>
  segment(0xc4, Buffer.from([kind << 4, 1, ...Array.from({ length: 15 }, () => 0), symbol]));

export interface Scan {
  readonly from: number;
  readonly to: number;
  /** Ah and Al. */
  readonly high: number;
  readonly low: number;
}

export const scanHeader = ({ from, to, high, low }: Scan): Buffer =>
  segment(0xda, Buffer.from([1, 1, 0, from, to, (high << 4) | low]));

/** A gray progressive JPEG with as many scans as asked (1 to 883), none of which repeats another; each is some bytes long. */
export function jpegOfScans(count: number, { width, height }: { width: number; height: number }): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const parts = [
    SOI,
    quantization(),
    frameHeader({ process: 0xc2, width, height }),
    huffman(0, 0),
    huffman(1, 0xe0), // an end-of-band run of 2^14 blocks and what 14 bits say
    scanHeader({ from: 0, to: 0, high: 0, low: 0 }),
    Buffer.alloc(Math.ceil(blocks / 8)),
  ];
  const runs = Math.ceil(blocks / 32_767);
  const band = Buffer.from(
    (`0${'1'.repeat(14)}`.repeat(runs) + '1'.repeat(7))
      .match(/.{8}/g)
      ?.flatMap((bits) => (bits === '11111111' ? [255, 0] : [Number.parseInt(bits, 2)])) ?? [],
  );
  for (let made = 1, at = 1; made < count; at++) {
    for (let low = 13; low >= 0 && made < count; low--, made++) {
      parts.push(scanHeader({ from: at, to: at, high: low === 13 ? 0 : low + 1, low }), band);
    }
  }
  return Buffer.concat([...parts, EOI]);
}

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

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** As many bytes as the rows have, filter bytes counted. */
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

/** All pixels 0; `extra` goes before them. */
export function blackPng(shape: PngShape, extra: readonly Buffer[] = []): Buffer {
  const palette = shape.colors === 3 ? [chunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6]))] : [];
  const rows = deflateSync(Buffer.alloc(pixelBytes(shape)));
  return pngOf(pngHeader(shape), ...palette, ...extra, chunk('IDAT', rows));
}

/** A text chunk whose text inflates to `bytes`. */
export const bigText = (bytes: number): Buffer =>
  chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(bytes, 0x61))]));
