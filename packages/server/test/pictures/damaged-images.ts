import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { MEDIA_TYPES, type MediaType } from '../../src/domain/image/media-type.ts';
import type { Random } from '../chance/random.ts';

export interface ImageFile {
  readonly name: string;
  readonly type: MediaType;
  readonly bytes: Buffer;
}

/** Small sound files of every type and variant: alpha, 16 bit, gray, CMYK, palettes, interlacing, frames, a profile. */
export async function soundImages(): Promise<ImageFile[]> {
  const size = { width: 96, height: 64 };
  const plain = MEDIA_TYPES.map((type) => testImage({ type, ...size }));
  const moving = (['image/gif', 'image/webp'] as const).map((type) => testImage({ type, ...size, frames: 5 }));
  const turned = (['image/jpeg', 'image/webp'] as const).map((type) => testImage({ type, ...size, orientation: 6 }));
  const rgb = sharp(await testImage({ type: 'image/png', ...size }));
  const clear = sharp(await rgb.clone().ensureAlpha(0.4).png().toBuffer());
  const special = [
    rgb.clone().jpeg({ progressive: true }),
    rgb.clone().toColorspace('cmyk').jpeg(),
    rgb.clone().toColorspace('b-w').jpeg(),
    rgb.clone().withIccProfile('p3').jpeg(),
    clear.clone().png({ progressive: true }),
    clear.clone().toColorspace('rgb16').withIccProfile('p3').png(),
    clear.clone().png({ palette: true, colors: 16 }),
    clear.clone().toColorspace('b-w').png(),
    clear.clone().webp({ lossless: true }),
    clear.clone().webp({ alphaQuality: 50 }),
    clear.clone().avif({ effort: 0 }),
    rgb.clone().avif({ effort: 0, bitdepth: 8, lossless: true }),
    rgb.clone().tiff({ compression: 'jpeg', tile: true, tileWidth: 32, tileHeight: 32 }),
    rgb.clone().toColorspace('cmyk').tiff({ compression: 'packbits' }),
    rgb.clone().toColorspace('b-w').threshold().tiff({ compression: 'ccittfax4', bitdepth: 1 }),
    clear.clone().toColorspace('rgb16').withIccProfile('p3').tiff({ compression: 'deflate', predictor: 'horizontal' }),
  ].map((image) => image.toBuffer());
  const all = await Promise.all([...plain, ...moving, ...turned, ...special]);
  return all.map((bytes, index) => {
    const type = MEDIA_TYPES.find((one) => SIGNATURES[one].test(bytes.toString('latin1', 0, 12)));
    if (!type) throw new Error(`expected a file of a type of ours; got ${bytes.toString('hex', 0, 12)}`);
    return { name: `${index}`, type, bytes };
  });
}

const SIGNATURES: Record<MediaType, RegExp> = {
  'image/jpeg': /^\xff\xd8\xff/,
  'image/png': /^\x89PNG/,
  'image/webp': /^RIFF....WEBP/s,
  'image/gif': /^GIF8/,
  'image/heic': /^....ftypheic/s,
  'image/avif': /^....ftypavif/s,
  'image/tiff': /^II\*\0/,
};

/** The file with one kind of damage; `others` are donors of pieces. */
export function damaged(file: ImageFile, { random, others }: { random: Random; others: readonly ImageFile[] }): Buffer {
  const kin = others.filter(({ type }) => type === file.type);
  const donor = random.pick(kin).bytes;
  let bytes = file.bytes;
  for (let wounds = 1 + random.below(3); wounds > 0; wounds--) {
    bytes = random.pick(WOUNDS)({ bytes, type: file.type, donor, random });
  }
  return file.type === 'image/png' && random.chance(0.8) ? withRightCrcs(bytes) : bytes;
}

interface Patient {
  readonly bytes: Buffer;
  readonly type: MediaType;
  readonly donor: Buffer;
  readonly random: Random;
}

type Wound = (patient: Patient) => Buffer;

/** Offsets of numbers that tell sizes or counts. */
const HEADER_BYTES = 200;
const TELLING_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

const otherBytes = ({ bytes, random }: Patient, end: number): Buffer => {
  const changed = Buffer.from(bytes);
  for (let count = 1 + random.below(8); count > 0; count--) {
    changed[random.below(Math.min(end, bytes.length))] = random.chance(0.5)
      ? random.below(256)
      : random.pick(TELLING_BYTES);
  }
  return changed;
};

/** Two offsets in the file, in ascending order. */
const range = ({ bytes, random }: Pick<Patient, 'bytes' | 'random'>): [number, number] => {
  const [one, other] = [random.below(bytes.length), random.below(bytes.length)];
  return [Math.min(one, other), Math.max(one, other)];
};

const WOUNDS: readonly Wound[] = [
  (patient) => otherBytes(patient, patient.bytes.length),
  (patient) => otherBytes(patient, HEADER_BYTES),
  ({ bytes, random }) => bytes.subarray(0, 1 + random.below(bytes.length)),
  (patient) => {
    const [start, end] = range(patient);
    return Buffer.concat([patient.bytes.subarray(0, start), patient.bytes.subarray(end)]);
  },
  (patient) => {
    const [start, end] = range({ ...patient, bytes: patient.donor });
    const at = patient.random.below(patient.bytes.length);
    return Buffer.concat([
      patient.bytes.subarray(0, at),
      patient.donor.subarray(start, end),
      patient.bytes.subarray(at),
    ]);
  },
  ({ bytes, random }) => Buffer.concat([bytes, Buffer.alloc(random.below(4_096), random.below(256))]),
  onChunks((chunks, random) => {
    const [one, other] = [random.below(chunks.length), random.below(chunks.length)];
    return chunks.map((chunk, at) => (at === one ? chunks[other] : at === other ? chunks[one] : chunk) ?? chunk);
  }),
  onChunks((chunks, random) => chunks.toSpliced(random.below(chunks.length), 1)),
  onChunks((chunks, random) => chunks.toSpliced(random.below(chunks.length), 0, random.pick(chunks))),
  onChunks((chunks, random, strange) => chunks.toSpliced(random.below(chunks.length), 0, random.pick(strange))),
  onChunks((chunks, random, strange) => chunks.toSpliced(random.below(chunks.length), 1, random.pick(strange))),
];

function onChunks(change: (chunks: Buffer[], random: Random, strange: Buffer[]) => Buffer[]): Wound {
  return ({ bytes, type, donor, random }) => {
    const [chunks, strange] = [chunksOf(bytes, type), chunksOf(donor, type)];
    return chunks.length === 0 || strange.length === 0 ? bytes : Buffer.concat(change(chunks, random, strange));
  };
}

/** The file in the pieces of its format, as far as it is well-formed; concatenated they are the file. */
function chunksOf(bytes: Buffer, type: MediaType): Buffer[] {
  const { start, lengthAt } = FRAMINGS[type];
  const chunks = [bytes.subarray(0, start)];
  let at = start;
  while (at < bytes.length) {
    const length = at + 12 <= bytes.length ? lengthAt(bytes, at) : 0;
    const end = length >= 2 ? Math.min(at + length, bytes.length) : bytes.length;
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks.filter((chunk) => chunk.length > 0);
}

interface Framing {
  readonly start: number;
  readonly lengthAt: (bytes: Buffer, at: number) => number;
}

const SCAN = 0xda;

const FRAMINGS: Record<MediaType, Framing> = {
  'image/png': { start: 8, lengthAt: (bytes, at) => bytes.readUInt32BE(at) + 12 },
  'image/webp': { start: 12, lengthAt: (bytes, at) => evenly(bytes.readUInt32LE(at + 4)) + 8 },
  'image/avif': { start: 0, lengthAt: (bytes, at) => bytes.readUInt32BE(at) },
  'image/heic': { start: 0, lengthAt: (bytes, at) => bytes.readUInt32BE(at) },
  // Its directory may stand anywhere, mostly behind the pixels.
  'image/tiff': { start: 8, lengthAt: () => 256 },
  // Entropy-coded data is split anywhere.
  'image/jpeg': { start: 2, lengthAt: (bytes, at) => (bytes[at + 1] === SCAN ? 0 : bytes.readUInt16BE(at + 2) + 2) },
  'image/gif': { start: 13, lengthAt: () => 64 },
};

const evenly = (length: number): number => length + (length % 2);

/** Otherwise a decoder stops there. */
function withRightCrcs(png: Buffer): Buffer {
  const changed = Buffer.from(png);
  for (let at = 8; at + 12 <= changed.length; ) {
    const end = at + 8 + changed.readUInt32BE(at);
    if (end + 4 > changed.length) break;
    changed.writeUInt32BE(crc32(changed.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return changed;
}
