import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { repeatsOf } from '../../../test/repeats.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Flip, Region, Rotation, Size } from '../../domain/rendition/transform.ts';
import { createRenderer, type Made, quadrants, type Renderer, toImage } from './render.fixture.ts';
import { asSeenBy, bitmapOf, difference, slowRender } from './slow-render.fixture.ts';

interface Kind {
  readonly type: MediaType;
  readonly encode: (image: Sharp) => Sharp;
  /** Mean and largest difference to the slow reference. */
  readonly tolerance: readonly [mean: number, max: number];
}

/**
 * Allows rounding, a few levels; a picture off by one pixel differs by 100 somewhere, one turned wrongly by 30 on
 * average.
 */
const ROUNDED = [3, 45] as const;
/** Allows shrinking on load as well. */
const DECODED_SMALLER = [16, 90] as const;

const KINDS: Record<string, Kind> = {
  'an RGB PNG': { type: 'image/png', encode: (image) => image.removeAlpha().png(), tolerance: ROUNDED },
  'a transparent PNG': { type: 'image/png', encode: (image) => image.png(), tolerance: ROUNDED },
  'a gray PNG': {
    type: 'image/png',
    encode: (image) => image.removeAlpha().toColorspace('b-w').png(),
    tolerance: ROUNDED,
  },
  'a transparent gray PNG': {
    type: 'image/png',
    encode: (image) => image.toColorspace('b-w').png(),
    tolerance: ROUNDED,
  },
  'a 16-bit PNG': { type: 'image/png', encode: (image) => image.toColorspace('rgb16').png(), tolerance: ROUNDED },
  'a transparent TIFF in tiles': {
    type: 'image/tiff',
    encode: (image) => image.tiff({ compression: 'deflate', tile: true, tileWidth: 32, tileHeight: 32 }),
    tolerance: ROUNDED,
  },
  'a transparent WebP': {
    type: 'image/webp',
    encode: (image) => image.webp({ lossless: true, exact: true }),
    tolerance: DECODED_SMALLER,
  },
  'a JPEG': {
    type: 'image/jpeg',
    encode: (image) => image.removeAlpha().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
    tolerance: DECODED_SMALLER,
  },
};

/** With another SEED a result may exceed the tolerances, which are empirical. */
const { count: numRuns, seed } = repeatsOf('renderedRecipes');

const side = fc.integer({ min: 12, max: 90 });
const color = fc.constantFrom(null, null, 'ff8800', '3366cc80', '00000000');
const effect = fc.constantFrom(null, null, null, 0.7, 3);

const regionIn = ({ width, height }: Size): fc.Arbitrary<Region> =>
  fc.tuple(fc.integer({ min: 1, max: width }), fc.integer({ min: 1, max: height })).chain(([w, h]) =>
    fc.record({
      left: fc.integer({ min: 0, max: width - w }),
      top: fc.integer({ min: 0, max: height - h }),
      width: fc.constant(w),
      height: fc.constant(h),
    }),
  );

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });

/** Recipes as the planner makes them for this displayed size: each step fits the result of the one before. */
const recipesOf = (seen: Size): fc.Arbitrary<Recipe> =>
  fc
    .record({
      crop: sometimes(regionIn(seen)),
      rotate: fc.constantFrom<Rotation>(0, 90, 180, 270),
      flip: fc.constantFrom<Flip>('none', 'horizontal', 'vertical', 'both'),
    })
    .chain((turn) => {
      const { width, height } = turn.crop ?? seen;
      const turned = turn.rotate % 180 === 0 ? { width, height } : { width: height, height: width };
      const scaled = fc.record({
        width: fc.integer({ min: Math.min(8, turned.width), max: turned.width }),
        height: fc.integer({ min: Math.min(8, turned.height), max: turned.height }),
      });
      return sometimes(scaled).chain((scaled) =>
        sometimes(regionIn(scaled ?? turned)).chain((window) => {
          const cut = window ?? scaled ?? turned;
          const room = fc.integer({ min: 0, max: 20 });
          const canvas = fc.tuple(room, room, room, room).map(([left, top, right, bottom]) => ({
            left,
            top,
            width: cut.width + left + right,
            height: cut.height + top + bottom,
          }));
          return fc.record<Recipe>({
            ...NOT_TRIED,
            page: fc.constant(null),
            crop: fc.constant(turn.crop),
            rotate: fc.constant(turn.rotate),
            flip: fc.constant(turn.flip),
            scaled: fc.constant(scaled),
            window: fc.constant(window),
            canvas: sometimes(canvas),
            background: color,
            blur: effect,
            sharpen: effect,
            watermark: fc.constant(null),
            format: fc.constant('png'),
            quality: fc.constant(null),
            maxBytes: fc.constant(null),
            trim: fc.constant(null),
          });
        }),
      );
    });

/** Steps that other tests compare with sharp's own. */
const NOT_TRIED = { pixelate: fc.constant(null), colors: fc.constant(null), radius: fc.constant(null) };

const CASES = fc.tuple(side, side, fc.constantFrom(1, 1, 2, 3, 4, 5, 6, 7, 8)).chain(([width, height, orientation]) => {
  const seen = orientation < 5 ? { width, height } : { width: height, height: width };
  return fc.record({
    stored: fc.constant({ width, height }),
    orientation: fc.constant(orientation),
    recipe: recipesOf(seen),
  });
});

describe('a rendered picture', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const [kind, { type, encode, tolerance }] of Object.entries(KINDS)) {
    it(`of ${kind} equals its recipe's steps performed one after the other`, async () => {
      await fc.assert(
        fc.asyncProperty(CASES, async ({ stored, orientation, recipe }) => {
          const plain = await encode(toImage(quadrants(stored, { alpha: 128 }))).toBuffer();
          const bytes = await sharp(plain).withMetadata({ orientation }).toBuffer();
          const expected = await slowRender(asSeenBy(orientation, await bitmapOf(bytes)), recipe);

          const { rendered, bytes: result } = await renderer.make(bytes, type, recipe);
          const came = await bitmapOf(result);
          const { width, height } = recipe.canvas ?? recipe.window ?? recipe.scaled ?? expected;
          assert.deepEqual([rendered.width, rendered.height, came.width, came.height], [width, height, width, height]);
          const apart = difference(came, expected);
          assert.ok(apart.mean <= tolerance[0] && apart.max <= tolerance[1], JSON.stringify(apart));
        }),
        { numRuns, seed },
      );
    });
  }

  for (const [kind, { type, encode }] of Object.entries(KINDS)) {
    it(`of ${kind} is one picture on a canvas of a multiple of its height`, async () => {
      const source = await encode(toImage(quadrants({ width: 80, height: 40 }, { alpha: 128 }))).toBuffer();
      const made: Made[] = [];
      const scaled = { width: 40, height: 20 };
      for (const background of [null, '336699', '33669980']) {
        for (const height of [40, 60]) {
          const canvas = { left: 0, top: 10, width: 40, height };
          made.push(await renderer.make(source, type, { scaled, canvas, background, format: 'webp' }));
          made.push(await renderer.make(source, type, { scaled, canvas, background, blur: 1, format: 'webp' }));
        }
      }
      const larger = { scaled: { width: 80, height: 40 }, format: 'webp' } as const;
      const canvas = { left: 0, top: 10, width: 40, height: 80 };
      made.push(...(await renderer.makeAll(source, type, [larger, { scaled, canvas, format: 'webp' }])));
      for (const { rendered, bytes } of made) {
        const { pages = 1, width, height } = await sharp(bytes).metadata();
        assert.deepEqual([pages, width, height], [1, rendered.width, rendered.height]);
      }
    });
  }
});
