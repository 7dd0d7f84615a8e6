import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { IMAGE_FORMATS, MEDIA_TYPES, type MediaType } from '../image/media-type.ts';
import { COPY_SIDE, copyRecipe, recipeFromCopy } from './copy-recipes.ts';
import { planRendition } from './plan-rendition.ts';
import type { Recipe } from './recipe.ts';
import { parseTransform } from './transform-parameters.ts';

const ACCEPTED = { avif: false, webp: false };
const PNG = { contentType: 'image/png', width: 4_096, height: 3_072 } as const;
const COPY = { contentType: 'image/jpeg', width: 2_048, height: 1_536 } as const;

const planned = (query: string, image: { contentType: MediaType; width: number; height: number } = PNG): Recipe =>
  planRendition(
    { ...image, focalPoint: null },
    parseTransform(new URLSearchParams(query), (name) => name),
    ACCEPTED,
  );

const fromCopy = (query: string) => recipeFromCopy(planned(query), PNG, COPY);

describe('the working copy of an image', () => {
  it('has a longest side of 2,048 pixels, and sides that libjpeg can divide by eight', () => {
    for (const [image, scaled] of [
      [PNG, { width: 2_048, height: 1_536 }],
      [
        { ...PNG, width: 3_072, height: 4_096 },
        { width: 1_536, height: 2_048 },
      ],
      [
        { ...PNG, width: 6_000, height: 4_000 },
        { width: 2_048, height: 1_368 },
      ],
      [
        { ...PNG, width: 2_052, height: 1_999 },
        { width: 2_048, height: 1_999 },
      ],
      [
        { ...PNG, width: 16_384, height: 300 },
        { width: 2_048, height: 40 },
      ],
    ] as const) {
      const recipe = copyRecipe(image);
      assert.deepEqual([recipe?.scaled, recipe?.format, recipe?.page], [scaled, 'copy', 0]);
    }
  });

  it('is only made from as many pixels on as its format says, and of none that is no larger', () => {
    for (const contentType of MEDIA_TYPES) {
      const { copiedFrom } = IMAGE_FORMATS[contentType];
      if (copiedFrom === null) {
        assert.equal(copyRecipe({ contentType, width: 16_000, height: 3_000 }), undefined, contentType);
        continue;
      }
      const width = 2_500;
      const height = Math.ceil(copiedFrom / width);
      assert.notEqual(copyRecipe({ contentType, width, height }), undefined, contentType);
      assert.equal(copyRecipe({ contentType, width, height: height - 1 }), undefined, contentType);
    }
    assert.equal(copyRecipe({ ...PNG, width: COPY_SIDE, height: COPY_SIDE }), undefined);
    assert.notEqual(copyRecipe({ ...PNG, width: COPY_SIDE + 1, height: COPY_SIDE }), undefined);
  });
});

describe('a rendition is made from the working copy', () => {
  it('if the copy has twice its size in both directions', () => {
    assert.deepEqual(fromCopy('w=1024&format=webp'), planned('w=1024&format=webp'));
    assert.equal(fromCopy('w=1025'), undefined);
    assert.notEqual(fromCopy('h=768'), undefined);
    assert.equal(fromCopy('h=769'), undefined);
    assert.notEqual(fromCopy('w=768&rotate=90'), undefined);
    assert.equal(fromCopy('w=769&rotate=90'), undefined);
  });

  it('if it has three times the size of one that is sharpened, or has more contrast or stronger colors', () => {
    for (const query of ['contrast=1', 'saturation=1']) {
      assert.notEqual(fromCopy(`w=682&${query}`), undefined);
      assert.equal(fromCopy(`w=684&${query}`), undefined);
    }
    for (const query of [
      'contrast=-1',
      'saturation=-1',
      'gray=1',
      'brightness=9',
      'tint=fff',
      'pixelate=9',
      'padding=9',
    ])
      assert.notEqual(fromCopy(`w=1024&${query}`), undefined);
    assert.notEqual(fromCopy('w=682&sharpen=1'), undefined);
    assert.equal(fromCopy('w=684&sharpen=1'), undefined);
  });

  it('if the part that a window is cut from is large enough, whatever the size of the window', () => {
    assert.notEqual(fromCopy('w=768&h=768&fit=cover'), undefined);
    assert.equal(fromCopy('w=770&h=770&fit=cover'), undefined);
    assert.deepEqual(fromCopy('w=100&h=768&fit=cover')?.window, planned('w=100&h=768&fit=cover').window);
  });

  it('with a crop in the pixels of the copy', () => {
    assert.deepEqual(fromCopy('crop=1000,200,2000,1600&w=500')?.crop, {
      left: 500,
      top: 100,
      width: 1_000,
      height: 800,
    });
    assert.equal(fromCopy('crop=1000,200,2000,1600&w=501'), undefined);
  });

  it('unless an edge of the crop would move by more than an eighth of a pixel', () => {
    assert.equal(fromCopy('crop=1001,200,2001,1600&w=500'), undefined); // by half a pixel of the copy, a quarter of the result's
    assert.notEqual(fromCopy('crop=1001,200,2001,1600&w=250'), undefined);
    assert.equal(fromCopy('crop=1001,200,1,1600&w=1'), undefined); // nothing would be left
  });

  it('unless it shows what libvips chooses by looking, another page, or no scaled picture', () => {
    for (const query of [
      'w=100&h=200&fit=cover&position=attention',
      'w=100&h=200&fit=cover&position=entropy',
      'w=100&page=1',
    ])
      assert.equal(fromCopy(query), undefined, query);
    assert.equal(recipeFromCopy({ ...planned('w=100'), scaled: null }, PNG, COPY), undefined);
    const { trim } = planned('w=100&trim=9');
    assert.equal(recipeFromCopy({ ...planned('w=100'), trim }, PNG, COPY), undefined);
    assert.equal(recipeFromCopy({ ...planned('w=100'), page: null }, PNG, COPY)?.page, 0);
  });

  it('in the format that the original has it in', () => {
    const formatOf = (contentType: MediaType, copy: 'image/jpeg' | 'image/webp') =>
      recipeFromCopy({ ...planned('w=100'), format: 'plain' }, { ...PNG, contentType }, { ...COPY, contentType: copy })
        ?.format;
    assert.deepEqual([formatOf('image/png', 'image/jpeg'), formatOf('image/png', 'image/webp')], ['png', 'png']);
    assert.equal(formatOf('image/avif', 'image/jpeg'), 'jpeg');
    assert.equal(formatOf('image/avif', 'image/webp'), undefined); // only the pixels of the original tell
    assert.equal(fromCopy('w=100&format=webp')?.format, 'webp');
  });

  it('with every crop inside the copy, and no edge far from its place', () => {
    const sides = fc.integer({ min: 2_049, max: 16_384 });
    const cases = fc.tuple(sides, fc.integer({ min: 300, max: 16_384 })).chain(([width, height]) => {
      const edges = (length: number) =>
        fc.tuple(fc.nat(length - 1), fc.nat(length - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
      return fc.tuple(fc.constant({ width, height }), edges(width), edges(height), fc.integer({ min: 1, max: 1_024 }));
    });
    fc.assert(
      fc.property(cases, ([size, [left, right], [top, bottom], w]) => {
        const image = { ...size, contentType: 'image/png' } as const;
        const copy = copyRecipe(image)?.scaled;
        fc.pre(copy !== undefined && copy !== null);
        const crop = `${left},${top},${right - left},${bottom - top}`;
        const recipe = planned(`crop=${crop}&w=${w}&h=${w}`, image);
        const made = recipeFromCopy(recipe, image, { ...copy, contentType: 'image/jpeg' });
        if (!made?.crop || !recipe.scaled) return;
        assert.ok(made.crop.left + made.crop.width <= copy.width && made.crop.top + made.crop.height <= copy.height);
        const shiftOf = (edge: number, exact: number, perPixel: number) => Math.abs(edge - exact) / perPixel;
        const across = made.crop.width / recipe.scaled.width;
        const right2 = made.crop.left + made.crop.width;
        assert.ok(shiftOf(made.crop.left, (left * copy.width) / size.width, across) <= 0.126);
        assert.ok(shiftOf(right2, (right * copy.width) / size.width, across) <= 0.126);
        assert.deepEqual({ ...made, crop: recipe.crop, page: recipe.page, format: recipe.format }, recipe);
      }),
      { numRuns: repeatsOf('properties').count, seed: repeatsOf('properties').seed },
    );
  });
});
