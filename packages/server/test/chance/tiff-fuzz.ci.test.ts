import { it } from 'node:test';
import { COMPRESSION, PHOTOMETRIC, TAG } from '../../src/imaging/inspect/structure/tiff/tags.ts';
import { damaged, type ImageFile, soundImages } from '../pictures/damaged-images.ts';
import { structurallyDamaged } from '../pictures/structural-damage.ts';
import { type TiffPage, tiffOf } from '../pictures/tiff-bytes.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { fuzzDecoders } from './fuzz-decoders.ts';
import type { Random } from './random.ts';

const { count, seed } = repeatsOf('mutatedTiffs');

const PAGE: TiffPage = { width: 70, height: 50, rowsPerStrip: 20 };
const GRAY: TiffPage = { ...PAGE, samples: 1, photometric: PHOTOMETRIC.blackIsZero };

/** Those that sharp writes, and others. */
async function sources(): Promise<readonly ImageFile[]> {
  const made = (await soundImages()).filter(({ type }) => type === 'image/tiff');
  const colors = Array.from({ length: 768 }, (_, place) => place * 85);
  const own = [
    tiffOf({ ...PAGE, bits: 16, compression: COMPRESSION.deflate }, { isBigEndian: true }),
    tiffOf({ ...PAGE, tile: 32 }, { isBig: true }),
    tiffOf({ ...PAGE, isPlanar: true, compression: COMPRESSION.packBits }),
    tiffOf({
      ...GRAY,
      photometric: PHOTOMETRIC.palette,
      change: (fields) => fields.set(TAG.colorMap, { type: 'short', values: colors }),
    }),
    tiffOf({ ...GRAY, bits: 4, photometric: PHOTOMETRIC.whiteIsZero }),
  ];
  return [...made, ...own.map((bytes, place) => ({ name: `own ${place}`, type: 'image/tiff' as const, bytes }))];
}

function mutated(file: ImageFile, random: Random, others: readonly ImageFile[]): Buffer {
  const isPlain = file.bytes.toString('latin1', 0, 4) === 'II*\0';
  const way = random.below(4);
  if (way === 0 || !isPlain) return damaged(file, { random, others });
  return way === 1
    ? structurallyDamaged(file, { random, others: others.filter(({ bytes }) => bytes[0] === 0x49 && bytes[2] === 42) })
    : withOtherFields(file.bytes, random);
}

const TELLING = [0, 1, 2, 3, 8, 16, 255, 32_768, 65_535, 2 ** 31, 2 ** 32 - 1];

/** The first directory with some other types, counts, values or offsets. */
function withOtherFields(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const directory = changed.readUInt32LE(4);
  const fields = changed.readUInt16LE(directory);
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = directory + 2 + 12 * random.below(fields);
    const value = random.chance(0.5) ? random.pick(TELLING) : random.below(bytes.length);
    const part = random.below(5);
    if (part === 0) changed.writeUInt16LE(random.below(20), at + 2);
    else if (part === 1) changed.writeUInt32LE(value, at + 4);
    else if (part === 2) changed.writeUInt16LE(value & 0xffff, at + 8);
    else changed.writeUInt32LE(value, at + 8);
  }
  return changed;
}

it('a TIFF with any damage gets a verdict, and no decoder crashes', async () => {
  await fuzzDecoders({ type: 'image/tiff', files: await sources(), mutated, runs: IS_USUAL ? 200 : count, seed });
});
