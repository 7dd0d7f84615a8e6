import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { ssim } from 'ssim.js';
import { repeatsOf } from '../../../test/repeats.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { NO_WATERMARK } from '../../domain/rendition/arbitrary-transforms.fixture.ts';
import { recipeFromCopy } from '../../domain/rendition/copy-recipes.ts';
import { inside, planRendition, resultSize } from '../../domain/rendition/plan-rendition.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Region, Rotation, Size, Transform } from '../../domain/rendition/transform.ts';
import type { RenderSource } from '../imaging.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { RECIPE } from './render.fixture.ts';
import { render } from './render.ts';
import { type Bitmap, bitmapOf, difference } from './slow-render.fixture.ts';

interface Kind {
  readonly type: MediaType;
  readonly encode: (image: Sharp) => Sharp;
  /** The least structural similarity of 19 pictures in 20. */
  readonly usual: number;
}

/**
 * The least similarity of the largest rendition that is made from the copy, which shows most how the copy is encoded.
 */
const LARGEST_ALIKE = 0.98;
/**
 * The worst are pictures of some 50 pixels, sharpened, of this scene, which is busier than a photograph.
 */
const LEAST_SIMILARITY = 0.85;
/** The largest mean difference of a channel, from 0 to 255. */
const MAX_MEAN = 12;
const ALIKE = 0.95;
/** libjpeg and libwebp scale while they decode, coarser than a copy is scaled: the direct way is the worse one. */
const DECODED_SMALLER = 0.9;

/** As small as the copies of these tests allow: a shift of a pixel weighs most in a small picture. */
const ORIGINAL: Size = { width: 1_100, height: 820 };
const COPY_SIDE = 512;

const KINDS: Record<string, Kind> = {
  'an RGB PNG': { type: 'image/png', encode: (image) => image.png(), usual: ALIKE },
  'a transparent PNG': { type: 'image/png', encode: (image) => faded(image).png(), usual: ALIKE },
  'a gray PNG': { type: 'image/png', encode: (image) => image.toColorspace('b-w').png(), usual: ALIKE },
  'a 16-bit PNG': { type: 'image/png', encode: (image) => image.toColorspace('rgb16').png(), usual: ALIKE },
  'a JPEG on its side': {
    type: 'image/jpeg',
    encode: (image) => image.withMetadata({ orientation: 6 }).jpeg({ quality: 92 }),
    usual: DECODED_SMALLER,
  },
  'a CMYK JPEG': {
    type: 'image/jpeg',
    encode: (image) => image.toColorspace('cmyk').jpeg({ quality: 95 }),
    usual: DECODED_SMALLER,
  },
  'a WebP': { type: 'image/webp', encode: (image) => image.webp({ quality: 92 }), usual: DECODED_SMALLER },
  'a TIFF of 16 bits': {
    type: 'image/tiff',
    encode: (image) => image.toColorspace('rgb16').tiff({ compression: 'lzw' }),
    usual: ALIKE,
  },
  'an AVIF': { type: 'image/avif', encode: (image) => image.avif({ quality: 75, effort: 1 }), usual: ALIKE },
};

const { count, seed } = repeatsOf('transformsOfCopies');
const RUNS = Math.ceil(count / Object.keys(KINDS).length);

describe('a rendition from a working copy', () => {
  for (const [kind, { type, encode, usual }] of Object.entries(KINDS)) {
    it(`of ${kind} has the size of one from the original, and nobody sees a difference`, async (test) => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'from-copy-'));
      const original = { path: join(folder.path, 'original'), contentType: type };
      await writeFile(original.path, await encode(scene()).toBuffer());
      const { autoOrient: seen } = await sharp(original.path).metadata();
      const { source: copy, size } = await copied(original, seen, folder.path);
      const half = { ...RECIPE, page: 0, scaled: { width: size.width / 2, height: size.height / 2 } };
      const largest = similarity(await bitmap(original, half, folder.path), await bitmap(copy, half, folder.path));
      assert.ok(
        largest >= LARGEST_ALIKE,
        `expected a similarity of ${LARGEST_ALIKE} at half the size of the copy; got ${largest}`,
      );
      const similarities: number[] = [];
      for (const transform of fc.sample(transformsOf(seen), { numRuns: RUNS, seed })) {
        const image = { ...seen, contentType: type };
        const planned = planRendition({ ...image, focalPoint: null }, transform, NONE);
        const fromCopy = recipeFromCopy(planned, image, { ...size, contentType: copy.contentType });
        if (!fromCopy) continue;
        // Lossless, so that no encoder adds to the difference.
        const direct = await bitmap(original, { ...planned, format: 'png' }, folder.path);
        const made = await bitmap(copy, { ...fromCopy, format: 'png' }, folder.path);
        const what = JSON.stringify({ transform, fromCopy });
        const { width, height } = resultSize(planned);
        for (const one of [direct, made]) assert.deepEqual([one.width, one.height], [width, height], what);
        const { mean } = difference(direct, made);
        assert.ok(mean <= MAX_MEAN, `${mean} on average: ${what}`);
        if (Math.min(width, height) < LEAST_MEASURED) continue;
        const alike = similarity(direct, made);
        assert.ok(alike >= LEAST_SIMILARITY, `a similarity of ${alike}: ${what}`);
        similarities.push(alike);
      }
      const sorted = similarities.toSorted((one, other) => one - other);
      const low = sorted[Math.floor(sorted.length / 20)] ?? 0;
      test.diagnostic(
        `${largest} at half its size; ${sorted.length} of at least ${LEAST_MEASURED} pixels measured, the worst ${sorted[0]}, the 5th percentile ${low}`,
      );
      assert.ok(low >= usual, `expected a similarity of ${usual} in 19 of 20; got ${low}`);
    });
  }
});

/** Twice the window of the measure. */
const LEAST_MEASURED = 22;

const NONE = { avif: false, webp: false };
const NO_PADDING = { top: 0, right: 0, bottom: 0, left: 0 };

/** What a page shows: lines, edges, gradients, and fine detail. */
function scene(): Sharp {
  const { width, height } = ORIGINAL;
  const shapes = Array.from({ length: 160 }, (_, at) => {
    const [x, y] = [(at * 197) % width, (at * 131) % height];
    const color = `hsl(${(at * 47) % 360} ${30 + (at % 60)}% ${20 + ((at * 7) % 60)}%)`;
    const line = `<path d="M${x} ${y}q${(at % 9) * 9 - 30} 40 ${80 - (at % 50)} ${(at * 13) % 70}" stroke="${color}" stroke-width="${1 + (at % 5)}" fill="none"/>`;
    return at % 3 === 0 ? `<circle cx="${x}" cy="${y}" r="${8 + (at % 40)}" fill="${color}"/>` : line;
  });
  const sky =
    '<linearGradient id="sky" x2="0.3" y2="1"><stop stop-color="#9cd"/><stop offset="1" stop-color="#432"/></linearGradient>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs>${sky}</defs><rect width="100%" height="100%" fill="url(#sky)"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha();
}

/** Transparent towards the right. */
function faded(image: Sharp): Sharp {
  const { width, height } = ORIGINAL;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs><linearGradient id="fade"><stop offset="0.3" stop-color="#fff"/><stop offset="0.9" stop-color="#fff" stop-opacity="0"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#fade)"/></svg>`;
  return image.ensureAlpha().composite([{ input: Buffer.from(svg), blend: 'dest-in' }]);
}

/** As for an original whose copy has this side. */
async function copied(source: RenderSource, seen: Size, folder: string) {
  const size = inside(seen, { width: COPY_SIDE, height: COPY_SIDE });
  const path = join(folder, 'copy');
  const recipe: Recipe = { ...RECIPE, page: 0, scaled: size, format: 'copy' };
  await writeFile(path, '');
  const [made] = await render({ source, outputs: [{ recipe, path }], limits: DEFAULT_LIMITS });
  assert.ok(made?.outcome === 'made', JSON.stringify(made));
  const { contentType } = made;
  assert.ok(contentType === 'image/jpeg' || contentType === 'image/webp');
  return { source: { path, contentType, copy: size }, size };
}

async function bitmap(
  source: RenderSource,
  recipe: Recipe,
  folder: string,
): Promise<Bitmap & { readonly type: string }> {
  const path = join(folder, 'result');
  await writeFile(path, '');
  const [made] = await render({ source, outputs: [{ recipe, path }], limits: DEFAULT_LIMITS });
  assert.ok(made?.outcome === 'made', JSON.stringify(made));
  return { ...(await bitmapOf(await readFile(path))), type: made.contentType };
}

/** On white, as a page shows it. */
const similarity = (one: Bitmap, other: Bitmap): number =>
  ssim(onWhite(one), onWhite(other), { downsample: false }).mssim;

function onWhite({ data, width, height }: Bitmap) {
  const shown = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = (data[at + 3] ?? 0) / 255;
    for (const channel of [0, 1, 2]) shown[at + channel] = (data[at + channel] ?? 0) * alpha + 255 * (1 - alpha);
    shown[at + 3] = 255;
  }
  return { data: shown, width, height };
}

const regionsIn = ({ width, height }: Size): fc.Arbitrary<Region> =>
  fc.tuple(fc.integer({ min: 40, max: width }), fc.integer({ min: 40, max: height })).chain(([w, h]) =>
    fc.record({
      left: fc.integer({ min: 0, max: width - w }),
      top: fc.integer({ min: 0, max: height - h }),
      width: fc.constant(w),
      height: fc.constant(h),
    }),
  );

const transformsOf = (seen: Size): fc.Arbitrary<Transform> => {
  const most = COPY_SIDE / 2; // where the quality of the copy shows most
  const side = fc.oneof(fc.noBias(fc.integer({ min: 6, max: most })), fc.integer({ min: most - 40, max: most }));
  return fc
    .record({
      width: side,
      height: fc.option(side),
      fit: fc.constantFrom('inside', 'cover', 'pad'),
      position: fc.oneof(
        fc.constant({ x: 0.5, y: 0.5 }),
        fc.record({ x: fc.constantFrom(0, 0.3, 1), y: fc.constantFrom(0, 0.7, 1) }),
      ),
      crop: fc.option(regionsIn(seen), { freq: 2 }),
      rotate: fc.constantFrom<Rotation>(0, 90, 180, 270),
      flip: fc.constantFrom('none', 'horizontal', 'vertical', 'both'),
      format: fc.constantFrom('auto', 'png'),
      quality: fc.constant(null),
      dpr: fc.constant(1),
      blur: fc.constantFrom(null, null, null, 0.7, 3),
      sharpen: fc.constantFrom(null, null, null, 0.7, 3),
      background: fc.constantFrom(null, null, 'ff8800', '3366cc80'),
      page: fc.constant(null),
      padding: fc.constantFrom(NO_PADDING, NO_PADDING, { top: 5, right: 0, bottom: 9, left: 30 }),
      enlarge: fc.constant(false),
      pixelate: fc.constantFrom(null, null, 8),
      brightness: fc.constantFrom(0, 0, 20),
      contrast: fc.constantFrom(0, 0, 0, 40),
      saturation: fc.constantFrom(0, 0, 0, 50),
      gray: fc.constant(false),
      tint: fc.constant(null),
      radius: fc.constantFrom(null, null, 20, 'circle' as const),
      maxBytes: fc.constant(null),
      trim: fc.constant(null),
    })
    .map((transform) => ({ ...transform, ...NO_WATERMARK }));
};
