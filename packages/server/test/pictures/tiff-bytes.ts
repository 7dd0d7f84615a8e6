import { deflateSync } from 'node:zlib';
import { COMPRESSION, PHOTOMETRIC, TAG } from '../../src/imaging/inspect/structure/tiff/tags.ts';

/** TIFF 6.0, section 2; 16 is of BigTIFF. */
const TYPE = { byte: 1, ascii: 2, short: 3, long: 4, undefined: 7, long8: 16 } as const;
const TYPE_BYTES = { byte: 1, ascii: 1, short: 2, long: 4, undefined: 1, long8: 8 } as const;

export interface TagValues {
  readonly type: keyof typeof TYPE;
  readonly values: readonly number[];
  /** A count of values that the file doesn't have. */
  readonly count?: number;
  /** An offset of values that are elsewhere. */
  readonly at?: number;
}

export type TagFields = Map<number, TagValues>;

/** A page as its writer wants it; RGB of 8 bits in one uncompressed strip unless it says so. */
export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly bits?: 1 | 2 | 4 | 8 | 16;
  readonly samples?: number;
  readonly photometric?: number;
  readonly compression?: number;
  readonly isPlanar?: boolean;
  readonly rowsPerStrip?: number;
  /** The side of square tiles. */
  readonly tile?: number;
  /** By default a gradient. */
  readonly valueAt?: (x: number, y: number, sample: number) => number;
  /** Encodes a strip or a tile; by default for no compression, Deflate and PackBits. */
  readonly encode?: (block: Buffer, rows: number) => Buffer;
  /** Adds, changes or removes fields. Strips and tiles have their offsets by then. */
  readonly change?: (fields: TagFields) => void;
}

export interface TiffShape {
  readonly pages: readonly TiffPage[];
  readonly isBigEndian?: boolean;
  readonly isBig?: boolean;
  /** The offset that ends the last directory; given that of the first one. */
  readonly end?: (first: number) => number;
}

/** A TIFF of one page. */
export const tiffOf = (page: TiffPage, shape: Omit<TiffShape, 'pages'> = {}): Buffer =>
  tiffOfPages({ ...shape, pages: [page] });

export function tiffOfPages({ pages, isBigEndian = false, isBig = false, end = () => 0 }: TiffShape): Buffer {
  const number = (value: number, bytes: 1 | 2 | 4 | 8): Buffer => {
    const one = Buffer.alloc(8);
    if (isBigEndian) one.writeBigUInt64BE(BigInt(value) << BigInt(64 - 8 * bytes));
    else one.writeBigUInt64LE(BigInt(value));
    return one.subarray(0, bytes);
  };
  const offsetBytes = isBig ? 8 : 4;
  const offset = (value: number): Buffer => number(value, offsetBytes);

  const parts: Buffer[] = [];
  let at = isBig ? 16 : 8;
  const add = (bytes: Buffer): number => {
    const start = at;
    parts.push(bytes);
    at += bytes.length;
    if (at % 2 === 1) {
      parts.push(Buffer.alloc(1));
      at += 1;
    }
    return start;
  };

  const directories = pages.map((page) => {
    const fields = fieldsOf(page, (samples, bits) => (bits === 16 ? swapped(samples, isBigEndian) : samples), add);
    page.change?.(fields);
    const rows = [...fields]
      .toSorted(([one], [other]) => one - other)
      .map(([tag, { type, values, count, at: elsewhere }]) => {
        const bytes = Buffer.concat(values.map((value) => number(value, TYPE_BYTES[type])));
        const place =
          elsewhere !== undefined
            ? offset(elsewhere)
            : bytes.length > offsetBytes
              ? offset(add(bytes))
              : padded(bytes, offsetBytes);
        return Buffer.concat([number(tag, 2), number(TYPE[type], 2), offset(count ?? values.length), place]);
      });
    const head = number(rows.length, isBig ? 8 : 2);
    const sizeBytes = head.length + Buffer.concat(rows).length + offsetBytes;
    const start = add(Buffer.alloc(sizeBytes));
    return { start, head, rows };
  });

  const first = directories[0]?.start ?? 0;
  const mark = isBigEndian ? 'MM' : 'II';
  const header = isBig
    ? Buffer.concat([Buffer.from(mark), number(43, 2), number(8, 2), number(0, 2), offset(first)])
    : Buffer.concat([Buffer.from(mark), number(42, 2), offset(first)]);
  const file = Buffer.concat([header, ...parts]);
  for (const [place, { start, head, rows }] of directories.entries()) {
    const next = directories[place + 1]?.start ?? end(first);
    Buffer.concat([head, ...rows, offset(next)]).copy(file, start);
  }
  return file;
}

const padded = (bytes: Buffer, sizeBytes: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(sizeBytes - bytes.length)]);

/** Samples of 16 bits are made in the byte order of this machine. */
function swapped(samples: Buffer, isBigEndian: boolean): Buffer {
  return isBigEndian ? Buffer.from(samples).swap16() : samples;
}

function fieldsOf(
  page: TiffPage,
  ordered: (samples: Buffer, bits: number) => Buffer,
  add: (bytes: Buffer) => number,
): TagFields {
  const { width, height, bits = 8, samples = 3, photometric = PHOTOMETRIC.rgb, compression = COMPRESSION.none } = page;
  const { isPlanar = false, tile, rowsPerStrip = height } = page;
  const encode = page.encode ?? ENCODERS[compression] ?? ((block: Buffer) => block);
  const [blockWidth, blockHeight] = tile === undefined ? [width, rowsPerStrip] : [tile, tile];
  const offsets: number[] = [];
  const sizes: number[] = [];
  for (let plane = 0; plane < (isPlanar ? samples : 1); plane++)
    for (let top = 0; top < height; top += blockHeight)
      for (let left = 0; left < width; left += blockWidth) {
        const rows = tile ?? Math.min(blockHeight, height - top);
        const block = packed(page, { left, top, width: blockWidth, rows, plane: isPlanar ? plane : null });
        const bytes = encode(ordered(block, bits), rows);
        offsets.push(add(bytes));
        sizes.push(bytes.length);
      }
  const short = (...values: number[]): TagValues => ({ type: 'short', values });
  const long = (...values: number[]): TagValues => ({ type: 'long', values });
  return new Map<number, TagValues>([
    [TAG.width, long(width)],
    [TAG.height, long(height)],
    [TAG.bitsPerSample, short(...Array.from({ length: samples }, () => bits))],
    [TAG.compression, short(compression)],
    [TAG.photometric, short(photometric)],
    [TAG.samplesPerPixel, short(samples)],
    [TAG.planarConfiguration, short(isPlanar ? 2 : 1)],
    ...(tile === undefined
      ? ([
          [TAG.stripOffsets, long(...offsets)],
          [TAG.rowsPerStrip, long(rowsPerStrip)],
          [TAG.stripByteCounts, long(...sizes)],
        ] as const)
      : ([
          [TAG.tileWidth, long(tile)],
          [TAG.tileHeight, long(tile)],
          [TAG.tileOffsets, long(...offsets)],
          [TAG.tileByteCounts, long(...sizes)],
        ] as const)),
  ]);
}

const gradient = (x: number, y: number, sample: number): number => (sample === 0 ? x : sample === 1 ? y : x + y);

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly rows: number;
  readonly plane: number | null;
}

/** The samples of a block, each row from a new byte on; those outside the picture repeat its edge. */
function packed(
  { width, height, bits = 8, samples = 3, valueAt = gradient }: TiffPage,
  { left, top, width: across, rows, plane }: Part,
): Buffer {
  const planes = plane === null ? Array.from({ length: samples }, (_, sample) => sample) : [plane];
  const rowBytes = Math.ceil((across * planes.length * bits) / 8);
  const block = Buffer.alloc(rowBytes * rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < across; x++)
      for (const [place, sample] of planes.entries()) {
        const value = valueAt(Math.min(left + x, width - 1), Math.min(top + y, height - 1), sample) & (2 ** bits - 1);
        const bit = (x * planes.length + place) * bits;
        const at = y * rowBytes + (bit >> 3);
        if (bits === 16) block.writeUInt16LE(value, at);
        else block[at] = (block[at] ?? 0) | (value << (8 - bits - (bit & 7)));
      }
  return block;
}

const ENCODERS: Readonly<Record<number, (block: Buffer, rows: number) => Buffer>> = {
  [COMPRESSION.deflate]: (block) => deflateSync(block),
  [COMPRESSION.oldDeflate]: (block) => deflateSync(block),
  [COMPRESSION.packBits]: packBits,
};

/** Each row alone (TIFF 6.0, section 9), as literal bytes. */
function packBits(block: Buffer, rows: number): Buffer {
  const rowBytes = block.length / rows;
  const parts: Buffer[] = [];
  for (let row = 0; row < block.length; row += rowBytes)
    for (let at = row; at < row + rowBytes; at += 128) {
      const end = Math.min(at + 128, row + rowBytes);
      parts.push(Buffer.from([end - at - 1]), block.subarray(at, end));
    }
  return Buffer.concat(parts);
}
