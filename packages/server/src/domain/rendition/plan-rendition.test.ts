import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../errors.ts';
import type { FocalPoint } from '../image/focal-point.ts';
import { MEDIA_TYPES, type MediaType } from '../image/media-type.ts';
import type { AcceptedFormats } from './accepted-formats.ts';
import { arbitraryTransforms, NO_WATERMARK, PLAIN } from './arbitrary-transforms.fixture.ts';
import { AVIF_MAX_PIXELS, planRendition, resultSize, type Source, withoutTrim } from './plan-rendition.ts';
import type { Recipe } from './recipe.ts';
import { requestedBox, requestedPadding } from './requested-box.ts';
import { MAX_RESULT_SIDE, type Position, type Size, type Transform } from './transform.ts';
import { parseTransform } from './transform-parameters.ts';

const ALL: AcceptedFormats = { avif: true, webp: true };
const NONE: AcceptedFormats = { avif: false, webp: false };

const transformOf = (query: string): Transform => parseTransform(new URLSearchParams(query), (name) => name);
const plan = (
  width: number,
  height: number,
  query: string,
  {
    contentType = 'image/jpeg',
    accepted = NONE,
    focalPoint = null,
  }: { contentType?: MediaType; accepted?: AcceptedFormats; focalPoint?: FocalPoint | null } = {},
): Recipe => planRendition({ width, height, contentType, focalPoint }, transformOf(query), accepted);

const sizes = ({ scaled, window, canvas }: Recipe) => ({ scaled, window, canvas });
const scaledTo = (width: number, height: number) => ({ scaled: { width, height }, window: null, canvas: null });

const focalPoints: fc.Arbitrary<FocalPoint> = fc
  .tuple(fc.nat(10_000), fc.nat(10_000))
  .map(([x, y]) => ({ x: x / 10_000, y: y / 10_000 }));

const sources: fc.Arbitrary<Source> = fc.record({
  width: fc.integer({ min: 1, max: 16_384 }),
  height: fc.integer({ min: 1, max: 16_384 }),
  contentType: fc.constantFrom(...MEDIA_TYPES),
  focalPoint: fc.option(focalPoints, { nil: null }),
});

/** The part of the source after crop and rotation, from which the rendition is made. */
const leftOf = (source: Size, { crop, rotate }: Pick<Recipe, 'crop' | 'rotate'>): Size => {
  const { width, height } = crop ?? source;
  return rotate % 180 === 90 ? { width: height, height: width } : { width, height };
};

interface Case {
  readonly source: Source;
  readonly transform: Transform;
  readonly recipe: Recipe;
  readonly left: Size;
}

/** Valid plans of one fit: crops lie within the source, and results within the limits. */
const plans = (fit: Transform['fit']): fc.Arbitrary<Case> =>
  fc
    .record({
      source: sources,
      transform: arbitraryTransforms.filter((one) => one.fit === fit),
      part: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100)),
    })
    .map(({ source, transform, part: [x, y, across, down] }) => {
      const left = Math.floor(((source.width - 1) * x) / 100);
      const top = Math.floor(((source.height - 1) * y) / 100);
      const width = Math.max(1, Math.floor(((source.width - left) * across) / 100));
      const height = Math.max(1, Math.floor(((source.height - top) * down) / 100));
      return {
        source,
        transform: { ...transform, ...NO_WATERMARK, ...PLAIN, crop: transform.crop && { left, top, width, height } },
      };
    })
    .filter(({ source, transform }) => isBounded(leftOf(source, transform), transform) && isAffordable(transform))
    .map(({ source, transform }) => {
      const recipe = planRendition(source, transform, ALL);
      return { source, transform, recipe, left: leftOf(source, recipe) };
    });

const isAffordable = ({ format, sharpen, maxBytes, trim }: Transform): boolean =>
  format !== 'avif' && sharpen === null && maxBytes === null && trim === null;

/** Calculated independently of the tested code: no side exceeds the limit. */
function isBounded(left: Size, transform: Transform): boolean {
  const { width, height } = requestedBox(transform);
  const scale = Math.min(1, (width ?? left.width) / left.width, (height ?? left.height) / left.height);
  return Math.max(left.width, left.height) * scale <= MAX_RESULT_SIDE - 1;
}

/** Equal aspect ratios: one side sets the scale, and the other is rounded to at least one pixel. */
const isAlike = (one: Size, other: Size): boolean => {
  const isNear = (side: number, exact: number): boolean =>
    Math.abs(side - exact) <= 0.5 + 1e-6 || (side === 1 && exact < 1);
  return [one.width / other.width, one.height / other.height].some(
    (scale) => isNear(one.width, other.width * scale) && isNear(one.height, other.height * scale),
  );
};

const isWithin = (one: Size, other: Size): boolean => one.width <= other.width && one.height <= other.height;

describe('a rendition', () => {
  it('with fit=inside shows the whole picture, as large as the box and the source allow', () => {
    fc.assert(
      fc.property(plans('inside'), ({ transform, recipe, left }) => {
        const { width, height } = requestedBox(transform);
        const size = resultSize(recipe);
        assert.deepEqual(sizes(recipe), scaledTo(size.width, size.height));
        assert.ok(isWithin(size, left) && isAlike(size, left), JSON.stringify(size));
        assert.ok(size.width <= (width ?? size.width) && size.height <= (height ?? size.height));
        const isFull = size.width === width || size.height === height;
        const isWhole = size.width === left.width && size.height === left.height;
        assert.ok(isFull || isWhole, 'could be larger');
      }),
    );
  });

  it('with fit=cover has the aspect ratio of the box, as large as the box and the source allow', () => {
    fc.assert(
      fc.property(plans('cover'), ({ transform, recipe, left }) => {
        const { width, height } = requestedBox(transform);
        assert.ok(width !== null && height !== null);
        const box = { width, height };
        const size = resultSize(recipe);
        assert.equal(recipe.canvas, null);
        assert.ok(isWithin(size, box) && isWithin(size, left) && isAlike(size, box), JSON.stringify(size));
        const isWhole = size.width === left.width || size.height === left.height;
        assert.ok(isWhole || (size.width === width && size.height === height), 'could be larger');
        if (!recipe.scaled) return;
        assert.ok(isWithin(size, recipe.scaled) && isWithin(recipe.scaled, left) && isAlike(recipe.scaled, left));
        const isLeast = size.width === recipe.scaled.width || size.height === recipe.scaled.height;
        assert.ok(isLeast, 'could show more');
      }),
    );
  });

  it('with fit=cover is centred on its position, as far as the edges allow', () => {
    fc.assert(
      fc.property(plans('cover'), ({ transform: { position }, recipe: { scaled, window } }) => {
        if (position === 'focal') return; // focal-position.test.ts
        if (typeof position === 'string') {
          assert.ok(window === null || (scaled === null && 'find' in window && window.find === position));
          return;
        }
        if (window === null) return;
        assert.ok(scaled !== null && 'left' in window);
        for (const [at, part, whole, point] of [
          [window.left, window.width, scaled.width, position.x * scaled.width],
          [window.top, window.height, scaled.height, position.y * scaled.height],
        ] as const) {
          assert.ok(Number.isInteger(at) && at >= 0 && at + part <= whole);
          assert.ok(at <= point && point <= at + part);
          const off = at + part / 2 - point;
          const isNearest = Math.abs(off) <= 0.5 || (off > 0 && at === 0) || (off < 0 && at + part === whole);
          assert.ok(isNearest, JSON.stringify({ at, part, whole, point }));
        }
      }),
    );
  });

  it('with fit=pad has exactly the size of the box, and shows the whole picture without enlarging it', () => {
    fc.assert(
      fc.property(plans('pad'), ({ source, transform, recipe, left }) => {
        const { width, height } = requestedBox(transform);
        assert.deepEqual(resultSize(recipe), { width, height });
        const inside = planRendition(source, { ...transform, fit: 'inside' }, ALL);
        assert.deepEqual(recipe.scaled, inside.scaled);
        assert.ok(recipe.scaled && isWithin(recipe.scaled, left) && recipe.window === null);
        if (!recipe.canvas) return;
        const { scaled, canvas } = recipe;
        assert.ok(canvas.left >= 0 && canvas.left + scaled.width <= canvas.width);
        assert.ok(canvas.top >= 0 && canvas.top + scaled.height <= canvas.height);
      }),
    );
  });

  it('grows by its padding, and changes nothing else', () => {
    const side = fc.nat(900);
    const paddings = fc.record({ top: side, right: side, bottom: side, left: side });
    fc.assert(
      fc.property(fc.oneof(plans('inside'), plans('cover'), plans('pad')), paddings, (one, padding) => {
        const { dpr } = one.transform;
        const [top, right, bottom, left] = [padding.top, padding.right, padding.bottom, padding.left].map((length) =>
          Math.round((length * Math.round(dpr * 100)) / 100),
        ) as [number, number, number, number];
        const inner = resultSize(one.recipe);
        const size = { width: inner.width + left + right, height: inner.height + top + bottom };
        fc.pre(Math.max(size.width, size.height) <= MAX_RESULT_SIDE && top + right + bottom + left > 0);
        const recipe = planRendition(one.source, { ...one.transform, padding }, NONE);
        const { canvas } = one.recipe;
        const place = { left: left + (canvas?.left ?? 0), top: top + (canvas?.top ?? 0) };
        assert.deepEqual(recipe, { ...planRendition(one.source, one.transform, NONE), canvas: { ...place, ...size } });
      }),
    );
  });

  it('has whole pixels, and no side over the limit', () => {
    fc.assert(
      fc.property(fc.oneof(plans('inside'), plans('cover'), plans('pad')), ({ recipe }) => {
        for (const side of Object.values(resultSize(recipe))) {
          assert.ok(Number.isInteger(side) && side >= 1 && side <= MAX_RESULT_SIDE);
        }
      }),
    );
  });

  const exact: readonly (readonly [source: readonly [number, number], query: string, sizes: object])[] = [
    [[4_000, 3_000], 'w=256&h=256', scaledTo(256, 192)],
    [[3_000, 4_000], 'w=256&h=256', scaledTo(192, 256)],
    [[4_000, 3_000], 'w=1000', scaledTo(1_000, 750)],
    [[4_000, 3_000], 'h=1', scaledTo(1, 1)],
    [[4_000, 3_000], '', scaledTo(4_000, 3_000)],
    [[100, 50], 'w=4096&h=4096', scaledTo(100, 50)],
    [[4_000, 10], 'w=100', scaledTo(100, 1)],
    [[100, 25], 'w=50', scaledTo(50, 13)], // a half is rounded up
    [[4_000, 3_000], 'w=101&dpr=1.5', scaledTo(152, 114)],
    [[4_000, 3_000], 'w=50&dpr=1.15', scaledTo(58, 44)], // 57.5 and 43.5, despite floating-point errors
    [[4_000, 3_000], 'w=256&rotate=90', scaledTo(256, 341)],
    [[4_000, 3_000], 'w=256&rotate=180', scaledTo(256, 192)],
    [[4_000, 3_000], 'w=100&crop=0,0,300,600', scaledTo(100, 200)],
    [[400, 300], 'w=400&h=300&fit=cover', scaledTo(400, 300)],
    [[400, 300], 'w=40&h=30&fit=cover&position=attention', scaledTo(40, 30)],
    [[40, 30], 'w=400&h=300&fit=cover', scaledTo(40, 30)],
    [[400, 300], 'w=40&h=30&fit=pad', scaledTo(40, 30)],
    [
      [4_000, 3_000],
      'w=300&h=300&fit=cover',
      { ...scaledTo(400, 300), window: { left: 50, top: 0, width: 300, height: 300 } },
    ],
    [
      [4_000, 3_000],
      'w=300&h=300&fit=cover&position=0,1',
      { ...scaledTo(400, 300), window: { left: 0, top: 0, width: 300, height: 300 } },
    ],
    [
      [4_000, 3_000],
      'w=300&h=300&fit=cover&position=0.6,0',
      { ...scaledTo(400, 300), window: { left: 90, top: 0, width: 300, height: 300 } },
    ],
    [[100, 50], 'w=400&h=400&fit=cover', { ...scaledTo(100, 50), window: { left: 25, top: 0, width: 50, height: 50 } }],
    [
      [4_000, 3_000],
      'w=300&h=200&fit=cover&dpr=2&position=entropy',
      { scaled: null, window: { width: 600, height: 400, find: 'entropy' }, canvas: null },
    ],
    [
      [4_000, 3_000],
      'w=400&h=400&fit=pad',
      { ...scaledTo(400, 300), canvas: { left: 0, top: 50, width: 400, height: 400 } },
    ],
    [
      [100, 50],
      'w=400&h=100&fit=pad&position=1,0',
      { ...scaledTo(100, 50), canvas: { left: 300, top: 0, width: 400, height: 100 } },
    ],
    [[100, 50], 'w=400&h=400&enlarge=1', scaledTo(400, 200)],
    [[100, 50], 'h=75&enlarge=1', scaledTo(150, 75)],
    [[100, 50], 'w=75&rotate=90&dpr=2&enlarge=1', scaledTo(150, 300)],
    [[100, 50], 'w=50&enlarge=1', scaledTo(50, 25)],
    [[100, 50], 'w=200&crop=0,0,10,10&enlarge=1', scaledTo(200, 200)],
    [
      [100, 50],
      'w=400&h=400&fit=cover&position=1,0&enlarge=1',
      { ...scaledTo(800, 400), window: { left: 400, top: 0, width: 400, height: 400 } },
    ],
    [
      [100, 50],
      'w=400&h=400&fit=cover&position=attention&enlarge=1',
      { scaled: null, window: { width: 400, height: 400, find: 'attention' }, canvas: null },
    ],
    [
      [100, 50],
      'w=400&h=400&fit=pad&enlarge=1',
      { ...scaledTo(400, 200), canvas: { left: 0, top: 100, width: 400, height: 400 } },
    ],
    [[100, 50], 'padding=3', { ...scaledTo(100, 50), canvas: { left: 3, top: 3, width: 106, height: 56 } }],
    [
      [100, 50],
      'w=50&dpr=1.5&padding=1,2,3,0',
      { ...scaledTo(75, 38), canvas: { left: 0, top: 2, width: 78, height: 45 } }, // 1.5, 3 and 4.5
    ],
    [
      [100, 50],
      'w=400&h=100&fit=pad&position=1,0&padding=0,0,1,10',
      { ...scaledTo(100, 50), canvas: { left: 310, top: 0, width: 410, height: 101 } },
    ],
  ];
  for (const [[width, height], query, expected] of exact) {
    it(`of ${width} x ${height} with ${query || 'no parameters'} has the expected sizes`, () => {
      assert.deepEqual(sizes(plan(width, height, query)), expected);
    });
  }

  it('has corners of its radius after dpr, at most half of its sides with their padding', () => {
    const radiusOf = (query: string) => plan(400, 200, query).radius;
    assert.deepEqual(radiusOf('w=200&radius=20'), { across: 20, down: 20 });
    assert.deepEqual(radiusOf('w=100&radius=9&dpr=1.5'), { across: 14, down: 14 });
    assert.deepEqual(radiusOf('w=101&h=51&fit=cover&radius=2048'), { across: 25.5, down: 25.5 });
    assert.deepEqual(radiusOf('w=200&padding=10&radius=circle'), { across: 110, down: 60 });
    assert.equal(radiusOf('w=200'), null);
  });

  it('is the same for equivalent parameters', () => {
    const same = (one: string, other: string) => assert.deepEqual(plan(4_000, 3_000, one), plan(4_000, 3_000, other));
    same('w=512', 'w=256&dpr=2');
    same('w=512', 'h=384');
    same('w=512&h=4096', 'w=512');
    same('w=5&crop=0,0,4000,3000', 'w=5');
    same('w=40&h=30&fit=cover', 'w=40&h=30&fit=pad');
    same('', 'w=4000');
    same('w=300&h=300&fit=cover&radius=150', 'w=300&h=300&fit=cover&radius=circle');
  });

  it('keeps parameters that need no calculation', () => {
    const recipe = plan(40, 30, 'crop=1,2,3,4&rotate=270&flip=v&background=ABC&blur=2&q=5&format=webp&page=3');
    assert.deepEqual(recipe, {
      page: 3,
      crop: { left: 1, top: 2, width: 3, height: 4 },
      rotate: 270,
      flip: 'vertical',
      ...scaledTo(4, 3),
      background: 'aabbcc',
      blur: 2,
      sharpen: null,
      pixelate: null,
      colors: null,
      radius: null,
      watermark: null,
      format: 'webp',
      quality: 5,
      maxBytes: null,
      trim: null,
    });
    assert.equal(plan(40, 30, 'sharpen=1.5').sharpen, 1.5);
    assert.equal(plan(40, 30, 'max_bytes=5000').maxBytes, 5_000);
  });
});

describe('validation of a rendition', () => {
  const problemOf = (width: number, height: number, query: string): string => {
    try {
      plan(width, height, query);
    } catch (error) {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'invalid-request');
      return error.detail;
    }
    return 'none';
  };

  for (const crop of ['0,0,41,30', '0,0,40,31', '1,0,40,30', '0,1,40,30', '40,30,1,1', '39,29,2,1']) {
    it(`refuses a crop beyond the source, and tells its size: ${crop}`, () => {
      const [left, top, width, height] = crop.split(',');
      const came = `${width} x ${height} at ${left},${top}`;
      assert.equal(problemOf(40, 30, `crop=${crop}`), `?crop: expected a part of 40 x 30 pixels; got ${came}`);
    });
  }

  it('checks the crop before rotation', () => {
    assert.equal(problemOf(40, 30, 'crop=39,0,1,30&rotate=90'), 'none');
    assert.match(problemOf(40, 30, 'crop=0,39,1,1&rotate=90'), /^\?crop:/);
  });

  const unbounded = 'expected a result of at most 4096 pixels a side; got';
  const enlarged = (got: string): string =>
    `?enlarge: expected an enlarged image of at most 16,777,216 pixels and 16,384 a side; got ${got}, of which a part is cropped: ask for less by w and h`;
  const large: readonly (readonly [size: readonly [number, number], query: string, problem: string])[] = [
    [[8_000, 6_000], 'format=png', `?w: ${unbounded} 8000 x 6000, which w can lower`],
    [[4_097, 1], '', `?w: ${unbounded} 4097 x 1, which w can lower`],
    [[4_096, 4_096], '', 'none'],
    [[1_000, 16_000], 'w=500', `?h: ${unbounded} 500 x 8000, which h can lower`],
    [[16_000, 1_000], 'rotate=90', `?h: ${unbounded} 1000 x 16000, which h can lower`],
    [[16_000, 16_000], 'w=4096', 'none'],
    [[16_000, 16_000], 'w=4094&padding=1', 'none'],
    [[16_000, 16_000], 'w=4095&padding=1', `?padding: ${unbounded} 4097 x 4097, which padding can lower`],
    [[16_000, 100], 'w=1600&dpr=2&padding=0,0,4096,0', `?padding: ${unbounded} 3200 x 8212, which padding can lower`],
    [[1, 16_384], 'w=4096&enlarge=1', `?h: ${unbounded} 4096 x 67108864, which h can lower`],
    [[1, 4_096], 'w=4096&h=4096&enlarge=1', 'none'],
    [[4_096, 4_096], 'w=4096&h=4096&fit=cover&enlarge=1', 'none'],
    [[2, 1], 'w=2896&h=2896&fit=cover&enlarge=1', 'none'],
    [[2, 1], 'w=2897&h=2897&fit=cover&enlarge=1', enlarged('5794 x 2897')],
    [[1, 16_384], 'w=1&h=4096&fit=cover&enlarge=1', 'none'],
    [[1, 16_383], 'w=2&h=9&fit=cover&enlarge=1', enlarged('2 x 32766')],
    [[1, 16_384], 'w=4096&h=4096&fit=cover&enlarge=1', enlarged('4096 x 67108864')],
    [[1, 16_384], 'w=4096&h=4096&fit=cover&enlarge=1&position=entropy', enlarged('4096 x 67108864')],
    [[8_000, 6_000], 'padding=1', `?w: ${unbounded} 8000 x 6000, which w can lower`],
    [[16_000, 16_000], 'crop=0,0,4096,4096', 'none'],
    [[16_000, 100], 'w=100&h=100&fit=cover', 'none'],
  ];
  for (const [[width, height], query, problem] of large) {
    it(`limits the sides of the result: ${width} x ${height} with ${query || 'no parameters'}`, () => {
      assert.equal(problemOf(width, height, query), problem);
    });
  }
});

describe('the format of a rendition', () => {
  const side = Math.sqrt(AVIF_MAX_PIXELS);
  const AVIF: AcceptedFormats = { avif: true, webp: false };
  const WEBP: AcceptedFormats = { avif: false, webp: true };

  const automatic: readonly (readonly [
    MediaType,
    query: string,
    AcceptedFormats,
    Recipe['format'],
    page: number | null,
  ])[] = [
    ['image/jpeg', `w=${side}&h=${side}`, ALL, 'avif', 0],
    ['image/png', 'w=64', ALL, 'avif', 0],
    ['image/avif', 'w=64', AVIF, 'avif', 0],
    ['image/jpeg', `w=${side + 1}&h=${side + 1}`, ALL, 'webp', 0],
    ['image/jpeg', `w=${side + 1}&h=${side + 1}`, AVIF, 'plain', 0],
    ['image/jpeg', `w=${side}&h=${side}&fit=pad&dpr=2`, ALL, 'webp', 0],
    ['image/gif', 'w=64', ALL, 'webp', null],
    ['image/webp', 'w=64', ALL, 'webp', null],
    ['image/webp', 'w=64&page=2', ALL, 'webp', 2],
    ['image/gif', 'w=64', AVIF, 'plain', 0],
    ['image/gif', 'w=64', NONE, 'plain', 0],
    ['image/jpeg', 'w=64', WEBP, 'webp', 0],
    ['image/jpeg', 'w=64', NONE, 'plain', 0],
    ['image/jpeg', 'w=64&radius=9', NONE, 'png', 0],
    ['image/jpeg', 'w=64&radius=circle', WEBP, 'webp', 0],
    ['image/jpeg', 'w=64&radius=9&background=fff', ALL, 'avif', 0],
    ['image/gif', 'w=64&radius=9', AVIF, 'png', 0],
  ];
  for (const [contentType, query, accepted, format, page] of automatic) {
    it(`is ${format} for ${contentType} with ${query}, accepted: ${JSON.stringify(accepted)}`, () => {
      const recipe = plan(2_000, 2_000, query, { contentType, accepted });
      assert.deepEqual([recipe.format, recipe.page], [format, page]);
    });
  }

  it('is never PNG with max_bytes, whatever the source and the client', () => {
    for (const contentType of MEDIA_TYPES) {
      for (const accepted of [AVIF, NONE]) {
        const formats = ['w=64', `w=${side + 1}`].map(
          (query) => plan(2_000, 2_000, `${query}&max_bytes=9999`, { contentType, accepted }).format,
        );
        const isAvif = accepted.avif && contentType !== 'image/gif' && contentType !== 'image/webp';
        assert.deepEqual(formats, [isAvif ? 'avif' : 'jpeg', 'jpeg']);
      }
    }
  });

  it('is the requested one, regardless of Accept; only WebP from GIF or WebP keeps all frames', () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
      for (const contentType of MEDIA_TYPES) {
        const still = plan(9, 9, `format=${format}&page=1`, { contentType });
        assert.deepEqual([still.format, still.page], [format, 1]);
        const { page } = plan(9, 9, `format=${format}`, { contentType, accepted: ALL });
        const mayMove = contentType === 'image/gif' || contentType === 'image/webp';
        assert.equal(page, format === 'webp' && mayMove ? null : 0);
      }
    }
  });
});

describe('the pixel limit', () => {
  const problemOf = (query: string): string => {
    try {
      plan(5_000, 5_000, query);
      return 'none';
    } catch (error) {
      assert.ok(error instanceof AppError && error.code === 'invalid-request');
      return error.detail;
    }
  };
  const remedy = 'ask for less by w and h, or for format=webp';

  const bounds: readonly (readonly [query: string, problem: string])[] = [
    ['w=2896&h=2896', 'none'],
    ['w=4096&h=2048&fit=cover&q=60', 'none'],
    ['w=2048&h=2048&q=61', 'none'],
    ['w=2048&h=2048&q=100', 'none'],
    ['w=2897&h=2897', `?format: expected an AVIF of at most 8,388,608 pixels; got 2897 x 2897: ${remedy}`],
    ['w=4096&h=4096&q=1', `?format: expected an AVIF of at most 8,388,608 pixels; got 4096 x 4096: ${remedy}`],
    ['w=64&h=64&fit=pad&dpr=4', 'none'],
    ['w=1024&h=1024&dpr=4', `?format: expected an AVIF of at most 8,388,608 pixels; got 4096 x 4096: ${remedy}`],
    [
      'w=4096&h=4096&fit=pad&q=100',
      `?format: expected an AVIF of at most 4,194,304 pixels with q over 60; got 4096 x 4096 with q=100: ${remedy}`,
    ],
    [
      'w=2049&h=2048&fit=cover&q=61',
      `?format: expected an AVIF of at most 4,194,304 pixels with q over 60; got 2049 x 2048 with q=61: ask for less by w and h, or q=60 at most, or for format=webp`,
    ],
  ];
  for (const [query, problem] of bounds) {
    it(`for an AVIF with ${query} is ${problem === 'none' ? 'kept' : 'exceeded, and the error suggests a remedy'}`, () => {
      assert.equal(problemOf(`${query}&format=avif`), problem);
    });
  }

  it('for sharpening is 4,194,304 pixels', () => {
    assert.equal(problemOf('w=4096&h=1024&fit=cover&sharpen=10&format=webp'), 'none');
    assert.equal(
      problemOf('w=4096&h=1025&fit=cover&sharpen=0.1&format=webp'),
      '?sharpen: expected at most 4,194,304 pixels to sharpen; got 4096 x 1025: ask for less by w and h',
    );
  });

  for (const retouch of [
    'pixelate=2',
    'brightness=-1',
    'contrast=1',
    'saturation=1',
    'gray=1',
    'tint=000',
    'radius=1',
    'radius=circle',
  ]) {
    it(`with ${retouch} is 4,194,304 pixels, with the canvas`, () => {
      const name = retouch.split('=')[0];
      const expected = `?${name}: expected at most 4,194,304 pixels with ${name}; got`;
      assert.equal(problemOf(`w=4096&h=1024&fit=cover&format=webp&${retouch}`), 'none');
      assert.equal(
        problemOf(`w=4096&h=1025&fit=cover&format=webp&${retouch}`),
        `${expected} 4096 x 1025: ask for less by w and h`,
      );
      const sharpened = `w=2048&h=1025&fit=cover&sharpen=1&${retouch}`;
      assert.match(problemOf(sharpened), /at most 2,097,152 pixels with \w+ and sharpen; got 2048 x 1025/);
      assert.equal(problemOf(sharpened.replace('1025', '1024')), 'none');
      assert.equal(problemOf(`w=2048&padding=0,0,1,0&${retouch}`), `${expected} 2048 x 2049: ask for less by w and h`);
    });
  }

  const sized: readonly (readonly [query: string, problem: string])[] = [
    ['w=2048&h=2048&format=jpeg&q=100', 'none'],
    ['w=4096&h=1024&fit=cover&format=webp', 'none'],
    [
      'w=2049&h=2049&format=jpeg',
      '?max_bytes: expected at most 4,194,304 pixels with max_bytes; got 2049 x 2049: ask for less by w and h',
    ],
    ['w=1448&h=1448&format=avif', 'none'],
    ['w=1024&h=1024&format=avif&q=61', 'none'],
    [
      'w=1449&h=1449&format=avif',
      `?format: expected an AVIF of at most 2,097,152 pixels with max_bytes; got 1449 x 1449: ${remedy}`,
    ],
    [
      'w=1025&h=1025&format=avif&q=61',
      `?format: expected an AVIF of at most 1,048,576 pixels with q over 60 and max_bytes; got 1025 x 1025 with q=61: ask for less by w and h, or q=60 at most, or for format=webp`,
    ],
    ['w=1024&h=1024&format=webp&sharpen=1', 'none'],
    [
      'w=1025&h=1025&format=webp&sharpen=1',
      '?sharpen: expected at most 1,048,576 pixels to sharpen with max_bytes; got 1025 x 1025: ask for less by w and h',
    ],
  ];
  for (const [query, problem] of sized) {
    it(`with max_bytes is a quarter, since a result is encoded up to three times: ${query}`, () => {
      assert.equal(problemOf(`${query}&max_bytes=10000`), problem);
    });
  }

  it('for other formats is 4096 pixels a side', () => {
    for (const format of ['jpeg', 'png', 'webp', 'auto'])
      assert.equal(problemOf(`w=4096&h=4096&format=${format}`), 'none');
  });
});

describe('a trimmed rendition', () => {
  const trimmed = (query: string, size: readonly [number, number] = [1_000, 800]) => plan(...size, `${query}&trim=9`);
  const problemOf = (query: string, size: readonly [number, number]): string => {
    try {
      trimmed(query, size);
      return 'none';
    } catch (error) {
      assert.ok(error instanceof AppError && error.code === 'invalid-request');
      return error.detail;
    }
  };

  it('has no layout before the pixels are known, and then that of an image of the remaining size', () => {
    fc.assert(
      fc.property(
        arbitraryTransforms,
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 700 }),
        (one, w, h) => {
          const wishes = {
            crop: null,
            format: 'webp',
            sharpen: null,
            maxBytes: null,
            enlarge: false,
            trim: 9,
          } as const;
          const transform: Transform = { ...one, ...NO_WATERMARK, ...wishes };
          if (transform.position === 'focal') return;
          const whole: Source = { width: 1_000, height: 800, contentType: 'image/jpeg', focalPoint: null };
          const size = requestedBox(transform);
          const { top, right, bottom, left } = requestedPadding(transform);
          const [across, down] = [left + (size.width ?? 1_000) + right, top + (size.height ?? 1_000) + bottom];
          if (across > 4_096 || down > 4_096 || across * down > 2_097_152) return;
          const recipe = planRendition(whole, transform, ALL);
          assert.deepEqual([recipe.crop, sizes(recipe)], [null, { scaled: null, window: null, canvas: null }]);
          const content = { left: 50, top: 50, width: w, height: h };
          const decided = withoutTrim(recipe, { source: whole, content });
          assert.deepEqual(decided, {
            ...planRendition({ ...whole, width: w, height: h }, { ...transform, trim: null }, ALL),
            crop: content,
          });
          const same = planRendition(whole, { ...transform, trim: null }, ALL);
          assert.deepEqual(withoutTrim(recipe, { source: whole, content: null }), same);
        },
      ),
    );
  });

  it('is one frame, also as WebP', () => {
    assert.equal(plan(9, 9, 'format=webp&trim=5', { contentType: 'image/gif' }).page, 0);
    assert.equal(plan(9, 9, 'format=webp&trim=5&page=7', { contentType: 'image/gif' }).page, 7);
  });

  const bounds: readonly (readonly [query: string, size: readonly [number, number], problem: string])[] = [
    ['w=100', [6_144, 4_096], 'none'],
    [
      'w=100',
      [6_145, 4_096],
      '?trim: expected an image of at most 25,165,824 pixels to trim; got 6145 x 4096: ask for a crop instead',
    ],
    ['', [4_097, 10], '?w: expected a result of at most 4096 pixels a side; got 4097 x 10, which w can lower'],
    ['', [4_096, 2_048], 'none'],
    [
      '',
      [4_096, 2_049],
      '?trim: expected at most 8,388,608 pixels with trim; got up to 4096 x 2049: ask for less by w and h',
    ],
    ['w=2048', [4_096, 4_096], 'none'],
    ['w=2048&h=1024&sharpen=1', [4_096, 4_096], 'none'],
    [
      'w=2048&sharpen=1',
      [4_096, 4_096],
      '?sharpen: expected at most 2,097,152 pixels to sharpen with trim; got up to 2048 x 4096: ask for less by w and h',
    ],
    [
      'w=4096&h=4096&fit=pad',
      [10, 10],
      '?trim: expected at most 8,388,608 pixels with trim; got up to 4096 x 4096: ask for less by w and h',
    ],
  ];
  for (const [query, size, problem] of bounds) {
    it(`is bounded by the largest size that it may have: ${size.join(' x ')} with ${query || 'trim alone'}`, () => {
      assert.equal(problemOf(query, size), problem);
    });
  }
});

describe('the position of a picture on its canvas', () => {
  const places: readonly (readonly [Position, left: number, top: number])[] = [
    [{ x: 0, y: 0 }, 0, 0],
    [{ x: 0.5, y: 0.5 }, 0, 50],
    [{ x: 1, y: 1 }, 0, 100],
    [{ x: 0.25, y: 0.25 }, 0, 25],
  ];
  for (const [position, left, top] of places) {
    it(`is a fraction of the free space: ${JSON.stringify(position)}`, () => {
      const transform = { ...transformOf('w=100&h=200&fit=pad'), position };
      const { canvas } = planRendition(
        { width: 300, height: 300, contentType: 'image/png', focalPoint: null },
        transform,
        NONE,
      );
      assert.deepEqual(canvas, { left, top, width: 100, height: 200 });
    });
  }
});
