import { crc32 } from 'node:zlib';
import type { MediaType } from '../../src/domain/image/media-type.ts';
import type { Random } from '../chance/random.ts';
import type { ImageFile } from './damaged-images.ts';

/** A marker's segment, a chunk, a box or a sub-block; a part without a length is data only. */
interface Part {
  /** The marker, or the chunk's name. */
  readonly name: string;
  readonly data: Buffer;
}

interface Format {
  readonly split: (bytes: Buffer) => Part[];
  /** With recomputed lengths and CRCs of the parts. */
  readonly join: (parts: readonly Part[]) => Buffer;
}

/** Parts without a length: signatures, pixels of a JPEG, heads of a GIF's blocks. */
const RAW = '';

const FORMATS: Record<MediaType, Format> = {
  'image/jpeg': { split: jpegParts, join: (parts) => Buffer.concat(parts.map(jpegSegment)) },
  'image/png': {
    split: (bytes) =>
      chunkParts(bytes, { start: 8, headBytes: 8, tailBytes: 4, sizeAt: (at) => bytes.readUInt32BE(at) }),
    join: (parts) => Buffer.concat(parts.map(pngChunk)),
  },
  'image/webp': {
    split: (bytes) =>
      chunkParts(bytes, {
        start: 12,
        headBytes: 8,
        tailBytes: 0,
        sizeAt: (at) => bytes.readUInt32LE(at + 4),
        isEven: true,
      }),
    join: (parts) => {
      const joined = Buffer.concat(parts.map(riffChunk));
      if (joined.length >= 8) joined.writeUInt32LE(joined.length - 8, 4);
      return joined;
    },
  },
  'image/gif': { split: gifParts, join: (parts) => Buffer.concat(parts.map(gifBlock)) },
  'image/avif': { split: boxes, join: (parts) => Buffer.concat(parts.map(box)) },
  'image/heic': { split: boxes, join: (parts) => Buffer.concat(parts.map(box)) },
  'image/tiff': { split: tiffParts, join: (parts) => Buffer.concat(parts.map(({ data }) => data)) },
};

function boxes(bytes: Buffer): Part[] {
  return chunkParts(bytes, { start: 0, headBytes: 8, tailBytes: 0, sizeAt: (at) => bytes.readUInt32BE(at) - 8 });
}

/** Each field of the first directory is a part, others are pieces: all that points to them is an offset in the file. */
function tiffParts(bytes: Buffer): Part[] {
  const directory = bytes.readUInt32LE(4);
  const fields = Array.from({ length: bytes.readUInt16LE(directory) }, (_, place) => directory + 2 + 12 * place);
  const end = (fields.at(-1) ?? directory) + 12;
  return [
    ...pieces(bytes.subarray(0, directory)),
    { name: RAW, data: bytes.subarray(directory, directory + 2) },
    ...fields.map((at) => ({ name: RAW, data: bytes.subarray(at, at + 12) })),
    ...pieces(bytes.subarray(end)),
  ];
}

const PIECE_BYTES = 128;

const pieces = (bytes: Buffer): Part[] =>
  Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, at) => ({
    name: RAW,
    data: bytes.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES),
  }));

/** The file with its parts reordered, repeated, removed, truncated or taken from a donor, all with correct lengths. */
export function structurallyDamaged(
  { bytes, type }: ImageFile,
  { random, others }: { random: Random; others: readonly ImageFile[] },
): Buffer {
  const { split, join } = FORMATS[type];
  const donor = split(random.pick(others.filter((one) => one.type === type)).bytes);
  let parts = split(bytes);
  for (let changes = 1 + random.below(3); changes > 0; changes--) parts = random.pick(CHANGES)(parts, random, donor);
  return join(parts);
}

type Change = (parts: Part[], random: Random, donor: readonly Part[]) => Part[];

const CHANGES: readonly Change[] = [
  (parts, random) => {
    const [one, other] = [random.below(parts.length), random.below(parts.length)];
    return parts.map((part, at) => (at === one ? parts[other] : at === other ? parts[one] : part) ?? part);
  },
  (parts, random) => {
    const times = random.pick([1, 1, 2, 10, 300]);
    return parts.toSpliced(random.below(parts.length), 0, ...Array.from({ length: times }, () => random.pick(parts)));
  },
  (parts, random) => {
    const at = random.below(parts.length);
    const repeated = parts[at];
    return repeated
      ? parts.toSpliced(at, 0, ...Array.from({ length: random.pick([1, 2, 50]) }, () => repeated))
      : parts;
  },
  (parts, random) => (parts.length > 1 ? parts.toSpliced(random.below(parts.length), 1) : parts),
  (parts, random) => parts.slice(0, 1 + random.below(parts.length)).concat(parts.slice(-1)),
  changed((data, random) => data.subarray(0, random.below(data.length + 1))),
  changed((data, random) => Buffer.concat([data, Buffer.alloc(random.below(300), random.below(256))])),
  changed((data, random) => {
    const copy = Buffer.from(data);
    for (let count = 1 + random.below(4); count > 0 && copy.length > 0; count--) {
      copy[random.below(copy.length)] = random.below(256);
    }
    return copy;
  }),
  (parts, random, donor) => parts.toSpliced(random.below(parts.length), random.below(2), random.pick(donor)),
];

function changed(change: (data: Buffer, random: Random) => Buffer): Change {
  return (parts, random) => {
    const at = random.below(parts.length);
    return parts.map((part, index) => (index === at ? { ...part, data: change(part.data, random) } : part));
  };
}

function jpegParts(bytes: Buffer): Part[] {
  const parts: Part[] = [{ name: RAW, data: bytes.subarray(0, 2) }];
  for (let at = 2; at + 4 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    parts.push({ name: bytes.toString('latin1', at + 1, at + 2), data: bytes.subarray(at + 4, end) });
    at = end;
    if (bytes[at] !== 0xff || parts.at(-1)?.name === '\xda') {
      const next = nextSegment(bytes, at);
      parts.push({ name: RAW, data: bytes.subarray(at, next) });
      at = next;
    }
  }
  return parts;
}

/** After entropy-coded data; EOI has no length. */
function nextSegment(bytes: Buffer, start: number): number {
  for (let at = start; at + 1 < bytes.length; at++) {
    const code = bytes[at + 1] ?? 0;
    if (bytes[at] === 0xff && code >= 0xc0 && (code < 0xd0 || code > 0xd9)) return at;
  }
  return bytes.length;
}

function jpegSegment({ name, data }: Part): Buffer {
  if (name === RAW) return data;
  const head = Buffer.from(`\xff${name}\0\0`, 'latin1');
  head.writeUInt16BE(Math.min(data.length + 2, 65_535), 2);
  return Buffer.concat([head, data]);
}

interface Chunks {
  readonly start: number;
  readonly headBytes: number;
  readonly tailBytes: number;
  readonly sizeAt: (at: number) => number;
  readonly isEven?: boolean;
}

/** The name and the length share the first eight bytes. */
function chunkParts(bytes: Buffer, { start, headBytes, tailBytes, sizeAt, isEven = false }: Chunks): Part[] {
  const parts: Part[] = start > 0 ? [{ name: RAW, data: bytes.subarray(0, start) }] : [];
  for (let at = start; at + headBytes <= bytes.length; ) {
    const size = Math.max(0, sizeAt(at));
    const data = bytes.subarray(at + headBytes, at + headBytes + size);
    parts.push({ name: bytes.toString('latin1', isEven ? at : at + 4, isEven ? at + 4 : at + 8), data });
    at += headBytes + size + tailBytes + (isEven ? size % 2 : 0);
  }
  return parts;
}

function pngChunk({ name, data }: Part): Buffer {
  if (name === RAW) return data;
  const framed = Buffer.concat([Buffer.alloc(4), Buffer.from(name, 'latin1'), data, Buffer.alloc(4)]);
  framed.writeUInt32BE(data.length, 0);
  framed.writeUInt32BE(crc32(framed.subarray(4, -4)), framed.length - 4);
  return framed;
}

function riffChunk({ name, data }: Part): Buffer {
  if (name === RAW) return Buffer.from(data);
  const head = Buffer.concat([Buffer.from(name, 'latin1'), Buffer.alloc(4)]);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

function box({ name, data }: Part): Buffer {
  const head = Buffer.concat([Buffer.alloc(4), Buffer.from(name, 'latin1')]);
  head.writeUInt32BE(data.length + 8, 0);
  return Buffer.concat([head, data]);
}

const SUB_BLOCK = 'sub-block';

function gifParts(bytes: Buffer): Part[] {
  let at = 13 + colorsIn(bytes[10]);
  const parts: Part[] = [{ name: RAW, data: bytes.subarray(0, at) }];
  while (at < bytes.length && bytes[at] !== 0x3b) {
    const head = bytes[at] === 0x21 ? 2 : 11 + colorsIn(bytes[at + 9]);
    parts.push({ name: RAW, data: bytes.subarray(at, at + head) });
    at += head;
    for (let size = bytes[at] ?? 0; size > 0; size = bytes[at] ?? 0) {
      parts.push({ name: SUB_BLOCK, data: bytes.subarray(at + 1, at + 1 + size) });
      at += 1 + size;
    }
    parts.push({ name: RAW, data: bytes.subarray(at, at + 1) });
    at += 1;
  }
  return [...parts, { name: RAW, data: bytes.subarray(at) }];
}

const colorsIn = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

const gifBlock = ({ name, data }: Part): Buffer =>
  name === SUB_BLOCK && data.length > 0
    ? Buffer.concat([Buffer.from([Math.min(data.length, 255)]), data.subarray(0, 255)])
    : data;
