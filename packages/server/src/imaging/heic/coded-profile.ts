import type { Nclx } from '../inspect/structure/heic/heic-source.ts';
import { inverse, type Matrix, primariesOf, product, type Transfer, times, toXyz, transferOf } from './coded-colors.ts';

/**
 * The ICC profile of colors that are coded as numbers; null for those of sRGB. Of a picture that was mapped to sRGB
 * there is none either: see tone-mapping.ts.
 */
export function profileOf(nclx: Nclx): Buffer | null {
  const transfer = transferOf(nclx);
  if (transfer === 'pq' || transfer === 'hlg') return null;
  if (transfer === 'srgb' && [1, 2].includes(nclx.primaries)) return null; // BT.709, unspecified
  const primaries = primariesOf(nclx);
  const colors = product(adaptation(whiteOf(primaries.white)), toXyz(primaries));
  return profile(colors, transfer);
}

const D50 = [0.9642, 1, 0.8249] as const;
type Row = readonly [number, number, number];

const whiteOf = ([x, y]: readonly [number, number]): Row => [x / y, 1, (1 - x - y) / y];

/** Bradford's, to the white of profiles (ICC.1:2022, annex E). */
function adaptation(white: Row): Matrix {
  const BRADFORD: Matrix = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
  ];
  const [from, to] = [times(BRADFORD, white), times(BRADFORD, D50)];
  const scale: Matrix = [
    [to[0] / from[0], 0, 0],
    [0, to[1] / from[1], 0],
    [0, 0, to[2] / from[2]],
  ];
  return product(inverse(BRADFORD), product(scale, BRADFORD));
}

/** `parametricCurveType` (ICC.1:2022, 10.18): 0 is a power, 3 has a linear part. */
const CURVES: Record<Exclude<Transfer, 'pq' | 'hlg'>, readonly [type: number, ...values: number[]]> = {
  srgb: [3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045],
  linear: [0, 1],
  'gamma-2.2': [0, 2.2],
  'gamma-2.8': [0, 2.8],
};

/** A display profile of version 4: a matrix, and one curve for all channels. */
function profile(colors: Matrix, transfer: Exclude<Transfer, 'pq' | 'hlg'>): Buffer {
  const [type, ...values] = CURVES[transfer];
  const curve = tagData('para', Buffer.concat([u16(type), u16(0), ...values.map(fixed)]));
  const text = tagData('mluc', Buffer.concat([u32(0), u32(12)]));
  const column = (at: 0 | 1 | 2): Buffer => tagData('XYZ ', Buffer.concat(colors.map((row) => fixed(row[at]))));
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', text],
    ['cprt', text],
    ['wtpt', tagData('XYZ ', Buffer.concat(D50.map(fixed)))],
    ['rXYZ', column(0)],
    ['gXYZ', column(1)],
    ['bXYZ', column(2)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const start = 128 + 4 + 12 * tags.length;
  let at = start;
  const table = tags.map(([name, data]) => {
    const entry = Buffer.concat([Buffer.from(name, 'latin1'), u32(at), u32(data.length)]);
    at += data.length;
    return entry;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x04_30_00_00, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  Buffer.concat(D50.map(fixed)).copy(header, 68);
  return Buffer.concat([header, u32(tags.length), ...table, ...tags.map(([, data]) => data)]);
}

/** A tag's data, padded to whole words, so that each tag begins at one. */
const tagData = (signature: string, data: Buffer): Buffer => {
  const bytes = Buffer.concat([Buffer.from(signature, 'latin1'), u32(0), data]);
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
};

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** s15Fixed16Number. */
const fixed = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 65_536));
  return bytes;
};
