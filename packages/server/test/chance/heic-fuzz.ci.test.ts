import { it } from 'node:test';
import { heicImage } from '../../../../test/pictures/heic-image.ts';
import { damaged, type ImageFile } from '../pictures/damaged-images.ts';
import { structurallyDamaged } from '../pictures/structural-damage.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { fuzzDecoders } from './fuzz-decoders.ts';
import type { Random } from './random.ts';

const { count, seed } = repeatsOf('decodedHeics');

const SIZE = { width: 70, height: 50 };
const TILE = { width: 32, height: 32 };
const RGB = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, at) => (at * 7) & 255);
const RGBA = Uint8Array.from({ length: SIZE.width * SIZE.height * 4 }, (_, at) => (at * 5) & 255);

const FILES: readonly ImageFile[] = [
  heicImage({ ...SIZE, pixels: RGB, slices: 2 }),
  heicImage({ ...SIZE, pixels: RGB, chroma: '4:4:4', bitDepth: 10, quarterTurns: 1 }),
  heicImage({ ...SIZE, pixels: RGB, tile: TILE, thumbnail: { width: 16, height: 16 }, exifOrientation: 6 }),
  heicImage({ ...SIZE, pixels: RGBA, tile: TILE, crop: { left: 2, top: 2, width: 40, height: 30 }, mirrorAxis: 1 }),
  heicImage({ ...SIZE, pixels: RGBA, derivation: 'iovl' }),
  heicImage({
    ...SIZE,
    pixels: RGB,
    nclx: { primaries: 9, transfer: 16, matrix: 9, isFullRange: false },
    bitDepth: 10,
  }),
].map((bytes, place) => ({ name: `${place}`, type: 'image/heic', bytes }));

function mutated(file: ImageFile, random: Random, others: readonly ImageFile[]): Buffer {
  const way = random.below(4);
  if (way === 0) return damaged(file, { random, others });
  if (way === 1) return structurallyDamaged(file, { random, others });
  // Before the slices' data, of which any bits are a picture: boxes, parameter sets and the first slice's header.
  return changed(file.bytes, random, way === 2 ? file.bytes.indexOf('mdat') + 24 : file.bytes.length);
}

function changed(bytes: Buffer, random: Random, end: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(end);
    if (random.chance(0.5)) copy[at] = random.below(256);
    else copy.fill(random.pick([0, 1, 0x7f, 0x80, 0xff]), at, Math.min(end, at + random.pick([1, 2, 4])));
  }
  return copy;
}

it('a HEIC with any damage gets a verdict, and no decoder crashes', async () => {
  await fuzzDecoders({ type: 'image/heic', files: FILES, mutated, runs: IS_USUAL ? 200 : count, seed });
});
