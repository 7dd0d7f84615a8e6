import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FocalPoint } from '../image/focal-point.ts';
import { arbitraryTransforms, NO_WATERMARK, PLAIN } from './arbitrary-transforms.fixture.ts';
import { planRendition, type Source } from './plan-rendition.ts';
import type { Recipe } from './recipe.ts';
import type { Region, Transform } from './transform.ts';
import { parseTransform } from './transform-parameters.ts';

const ACCEPTED = { avif: false, webp: true };

const points: fc.Arbitrary<FocalPoint> = fc
  .tuple(fc.nat(10_000), fc.nat(10_000))
  .map(([x, y]) => ({ x: x / 10_000, y: y / 10_000 }));

const sides = fc.integer({ min: 1, max: 4_096 });
const sources = fc.record({ width: sides, height: sides, contentType: fc.constant('image/jpeg' as const) });

const within = (whole: number, start: number, length: number): readonly [start: number, length: number] => {
  const from = Math.floor(((whole - 1) * start) / 100);
  return [from, Math.max(1, Math.floor(((whole - from) * length) / 100))];
};
const percent = fc.nat(100);

interface Case {
  readonly source: Omit<Source, 'focalPoint'>;
  readonly transform: Transform;
  readonly point: FocalPoint;
}

/** Crops lie within the source. */
const coverings: fc.Arbitrary<Case> = fc
  .record({
    source: sources,
    transform: arbitraryTransforms.filter(({ fit, format }) => fit === 'cover' && format !== 'avif'),
    crop: fc.option(fc.tuple(percent, percent, percent, percent)),
    point: points,
  })
  .map(({ source, transform, crop, point }) => ({
    source,
    point,
    transform: { ...transform, crop: cropOf(source, crop) },
  }));

function cropOf({ width, height }: Case['source'], percents: readonly number[] | null): Region | null {
  if (!percents) return null;
  const [x = 0, y = 0, across = 0, down = 0] = percents;
  const [left, wide] = within(width, x, across);
  const [top, high] = within(height, y, down);
  return { left, top, width: wide, height: high };
}

/** No parameter that another size or cost than the window's would refuse. */
const NEUTRAL = { ...PLAIN, sharpen: null, maxBytes: null, trim: null } as const;

const planned = ({ source, transform }: Case, focalPoint: FocalPoint | null, position: Transform['position']): Recipe =>
  planRendition({ ...source, focalPoint }, { ...transform, ...NO_WATERMARK, ...NEUTRAL, position }, ACCEPTED);

/** The place in the cropped source that is at x, y after turning: each undone in the reverse order. */
function placeBefore({ rotate, flip }: Recipe, [x, y]: readonly [number, number]): readonly [number, number] {
  const across = flip === 'horizontal' || flip === 'both' ? 1 - x : x;
  const down = flip === 'vertical' || flip === 'both' ? 1 - y : y;
  if (rotate === 90) return [down, 1 - across];
  if (rotate === 180) return [1 - across, 1 - down];
  return rotate === 270 ? [1 - down, across] : [across, down];
}

/** The nearest to `wanted` that a window of `part` of `whole` can have as its middle. */
const nearest = (wanted: number, part: number, whole: number): number =>
  Math.min(Math.max(wanted, part / 2), whole - part / 2);

describe('position=focal', () => {
  it('keeps the focal point in the middle of the crop, or as near as the edges of the picture let it', () => {
    fc.assert(
      fc.property(coverings, (one) => {
        const recipe = planned(one, one.point, 'focal');
        const { scaled, window } = recipe;
        if (window === null) return;
        assert.ok(scaled && 'left' in window);
        assert.ok(window.left >= 0 && window.left + window.width <= scaled.width);
        assert.ok(window.top >= 0 && window.top + window.height <= scaled.height);

        const cropped = recipe.crop ?? { left: 0, top: 0, ...one.source };
        const isTurned = recipe.rotate % 180 === 90;
        const [wide, high] = isTurned ? [scaled.height, scaled.width] : [scaled.width, scaled.height];
        const [partWide, partHigh] = isTurned ? [window.height, window.width] : [window.width, window.height];
        const [x, y] = placeBefore(recipe, [
          (window.left + window.width / 2) / scaled.width,
          (window.top + window.height / 2) / scaled.height,
        ]);
        const inCrop = (at: number, start: number, length: number) => Math.min(Math.max(0, (at - start) / length), 1);
        const wantedX = inCrop(one.point.x * one.source.width, cropped.left, cropped.width) * wide;
        const wantedY = inCrop(one.point.y * one.source.height, cropped.top, cropped.height) * high;
        for (const [middle, wanted, part, whole] of [
          [x * wide, wantedX, partWide, wide],
          [y * high, wantedY, partHigh, high],
        ] as const) {
          assert.ok(Math.abs(middle - nearest(wanted, part, whole)) <= 0.5 + 1e-6, `${middle} for ${wanted}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the centre for an image without a focal point', () => {
    fc.assert(
      fc.property(coverings, (one) =>
        assert.deepEqual(planned(one, null, 'focal'), planned(one, null, { x: 0.5, y: 0.5 })),
      ),
    );
  });

  it('alone makes a rendition depend on the focal point', () => {
    const fixed = arbitraryTransforms.filter(({ position }) => position !== 'focal').map(({ position }) => position);
    fc.assert(
      fc.property(coverings, fixed, (one, position) =>
        assert.deepEqual(planned(one, one.point, position), planned(one, null, position)),
      ),
    );
  });

  const exact: readonly (readonly [query: string, point: FocalPoint, left: number, top: number])[] = [
    ['w=300&h=300&fit=cover', { x: 0.6, y: 0 }, 90, 0],
    ['w=300&h=300&fit=cover', { x: 1, y: 1 }, 100, 0],
    ['w=300&h=300&fit=cover&flip=h', { x: 0.6, y: 0 }, 10, 0],
    ['w=300&h=300&fit=cover&rotate=90', { x: 0.6, y: 0 }, 0, 90],
    ['w=300&h=300&fit=cover&rotate=180', { x: 0.6, y: 0 }, 10, 0],
    ['w=300&h=300&fit=cover&rotate=270', { x: 0.6, y: 0 }, 0, 10],
    ['w=100&h=300&fit=cover&crop=2000,0,2000,3000', { x: 0.6, y: 0 }, 0, 0],
    ['w=100&h=300&fit=cover&crop=2000,0,2000,3000', { x: 0.8, y: 0 }, 70, 0],
    ['w=100&h=300&fit=cover&crop=2000,0,2000,3000', { x: 0.1, y: 0 }, 0, 0],
  ];
  for (const [query, focalPoint, left, top] of exact) {
    it(`of 4000 x 3000 around ${focalPoint.x},${focalPoint.y} by ${query} begins at ${left},${top}`, () => {
      const transform = parseTransform(new URLSearchParams(`${query}&position=focal`), (name) => name);
      const source = { width: 4_000, height: 3_000, contentType: 'image/jpeg', focalPoint } as const;
      const { window } = planRendition(source, transform, ACCEPTED);
      assert.partialDeepStrictEqual(window, { left, top });
    });
  }
});
