import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EVERY_ACCEPTED } from './accepted-formats.ts';
import { arbitraryTransforms, MARK } from './arbitrary-transforms.fixture.ts';
import { planRendition } from './plan-rendition.ts';
import type { Watermark } from './recipe.ts';
import { renditionRuns } from './rendition-runs.ts';
import type { Size } from './transform.ts';
import { parseTransform } from './transform-parameters.ts';
import { type Mark, watermarkOf } from './watermark.ts';

const SOURCE = { width: 4_000, height: 3_000, contentType: 'image/jpeg', focalPoint: null } as const;

function planned(query: string, mark: Size = MARK): Watermark {
  const transform = parseTransform(new URLSearchParams(query), (name) => `?${name}`);
  const { watermark } = planRendition(SOURCE, transform, EVERY_ACCEPTED, { ...MARK, ...mark });
  assert.ok(watermark);
  return watermark;
}

const placeOf = (query: string, mark?: Size) => planned(query, mark).area;

describe('the place of a watermark', () => {
  it('is a fifth of the width in the middle, unless it is asked for otherwise', () => {
    const place = { left: 160, top: 135, width: 80, height: 27 }; // MARK is 300 x 100
    assert.deepEqual(placeOf('w=400&watermark=logo'), { ...place, top: 137 });
    assert.deepEqual(placeOf('w=400&watermark=logo&watermark_position=0,0'), { ...place, left: 0, top: 0 });
    assert.deepEqual(placeOf('w=400&watermark=logo&watermark_position=1,1'), { ...place, left: 320, top: 273 });
    assert.deepEqual(placeOf('w=400&watermark=logo&watermark_scale=1'), { left: 0, top: 84, width: 400, height: 133 });
  });

  it('is on the picture, not on its canvas', () => {
    const place = placeOf('w=400&h=400&fit=pad&position=0,1&watermark=logo&watermark_position=0,0');
    assert.deepEqual(place, { left: 0, top: 100, width: 80, height: 27 });
    const all = placeOf('w=400&h=400&fit=pad&watermark=logo&watermark_tiles=1');
    assert.deepEqual(all, { left: 0, top: 50, width: 400, height: 300 });
  });

  it('is as high as the picture at most', () => {
    const tall = { width: 1, height: 5_000 };
    assert.deepEqual(placeOf('w=400&watermark=logo&watermark_scale=1', tall), {
      left: 200,
      top: 0,
      width: 1,
      height: 300,
    });
    assert.deepEqual(planned('w=1&h=1&watermark=logo', tall).size, { width: 1, height: 1 });
  });

  it('lies within the picture, and has the shape of the mark', () => {
    const sides = fc.integer({ min: 1, max: 4_096 });
    const sizes = fc.record({ width: sides, height: sides });
    fc.assert(
      fc.property(arbitraryTransforms, sizes, sizes, ({ ...transform }, size, picture) => {
        const mark: Mark = { ...MARK, ...size };
        const whole = { left: 7, top: 11, ...picture };
        const watermark = watermarkOf({ ...transform, watermark: 'logo' }, mark, whole);
        assert.ok(watermark);
        const { area, size: drawn } = watermark;
        assert.ok(area.left >= 7 && area.left + area.width <= 7 + picture.width);
        assert.ok(area.top >= 11 && area.top + area.height <= 11 + picture.height);
        assert.ok(drawn.width >= 1 && drawn.width <= Math.max(1, Math.round(picture.width * transform.watermarkScale)));
        assert.ok(drawn.height >= 1 && drawn.height <= picture.height);
        const exact = (drawn.width * mark.height) / mark.width;
        const wide = (drawn.height * mark.width) / mark.height;
        assert.ok(Math.abs(exact - drawn.height) <= 1 + exact / drawn.width || Math.abs(wide - drawn.width) <= 1);
      }),
    );
  });
});

describe('the cost of a watermark', () => {
  const refusal = (query: string) => ({
    code: 'invalid-request',
    detail: `?watermark: expected at most ${query}`,
  });

  it('is bounded by the pixels of the result, by half as many if it is sharpened', () => {
    assert.ok(planned('w=2048&h=2048&watermark=logo&watermark_tiles=1&watermark_scale=0.01'));
    assert.throws(
      () => planned('w=2400&watermark=logo'),
      refusal('4,194,304 pixels under a watermark; got 2400 x 1800: ask for less by w and h'),
    );
    assert.throws(
      () => planned('w=2048&sharpen=1&watermark=logo'),
      refusal('2,097,152 pixels that are sharpened under a watermark; got 2048 x 1536: ask for less by w and h'),
    );
  });

  it('counts in the runs of eager presets', () => {
    const recipe = planRendition(SOURCE, parseTransform([['w', '8']], String), EVERY_ACCEPTED);
    const watermark = planned('w=8&watermark=logo');
    const one = { kind: 'preset', recipe, mark: null, name: 'a', key: 'renditions/a' } as const;
    const many = (marked: Watermark | null) =>
      renditionRuns({ width: 8, height: 8 }, Array(200).fill({ ...one, recipe: { ...recipe, watermark: marked } }))
        .length;
    assert.deepEqual([many(null), many(watermark)], [1, 2]);
  });

  it('is not planned without its image', () => {
    const transform = parseTransform([['watermark', 'logo']], String);
    assert.throws(() => planRendition(SOURCE, transform, EVERY_ACCEPTED), { code: 'internal' });
  });
});
