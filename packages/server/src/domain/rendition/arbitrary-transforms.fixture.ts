import fc from 'fast-check';
import type { ImageId } from '../image/image-id.ts';
import { MAX_RESULT_SIDE, type Padding, type Transform } from './transform.ts';
import type { Mark } from './watermark.ts';

const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(values, { nil: null });

const hundredths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);

const points = fc
  .tuple(fc.nat(10_000), fc.nat(10_000))
  .map(([x, y]): { x: number; y: number } => ({ x: x / 10_000, y: y / 10_000 }));

const hexDigits = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((all) => all.join(''));

const boxes = (sides: fc.Arbitrary<number>): fc.Arbitrary<Pick<Transform, 'width' | 'height' | 'fit' | 'position'>> =>
  fc.oneof(
    fc.record({
      width: orNull(sides),
      height: orNull(sides),
      fit: fc.constant('inside' as const),
      position: fc.constant({ x: 0.5, y: 0.5 }),
    }),
    fc.record({ width: sides, height: sides, fit: fc.constant('pad' as const), position: points }),
    fc.record({
      width: sides,
      height: sides,
      fit: fc.constant('cover' as const),
      position: fc.oneof(points, fc.constantFrom('focal' as const, 'attention' as const, 'entropy' as const)),
    }),
  );

const effects = fc.oneof(
  fc.record({ blur: orNull(hundredths(0.3, 100)), sharpen: fc.constant(null) }),
  fc.record({ blur: fc.constant(null), sharpen: orNull(hundredths(0.1, 10)) }),
);

const encodings: fc.Arbitrary<Pick<Transform, 'format' | 'quality' | 'maxBytes'>> = fc.oneof(
  fc.record({
    format: fc.constantFrom('auto', 'jpeg', 'webp', 'avif'),
    quality: orNull(fc.integer({ min: 1, max: 100 })),
    maxBytes: orNull(fc.integer({ min: 1_000, max: 10_485_760 })),
  }),
  fc.record({ format: fc.constant('png'), quality: fc.constant(null), maxBytes: fc.constant(null) }),
);

const regions = fc
  .tuple(fc.nat(20_000), fc.nat(20_000), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 20_000 }))
  .map(([left, top, width, height]) => ({ left, top, width, height }));

const paddingSides = fc.integer({ min: 0, max: MAX_RESULT_SIDE });
const paddings: fc.Arbitrary<Padding> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ top: 0, right: 0, bottom: 0, left: 0 }) },
  paddingSides.map((side) => ({ top: side, right: side, bottom: side, left: side })),
  fc
    .tuple(paddingSides, paddingSides, paddingSides, paddingSides)
    .map(([top, right, bottom, left]) => ({ top, right, bottom, left })),
);

const percent = fc.integer({ min: -100, max: 100 });
const colors = fc
  .tuple(
    fc.constantFrom('none', 'saturation', 'gray', 'tint'),
    fc.tuple(fc.oneof(fc.constant(0), percent), fc.oneof(fc.constant(0), percent), percent, hexDigits(6)),
  )
  .map(([kind, [brightness, contrast, saturation, tint]]) => ({
    brightness,
    contrast,
    saturation: kind === 'saturation' ? saturation : 0,
    gray: kind === 'gray',
    tint: kind === 'tint' ? tint : null,
  }));

const watermarks: fc.Arbitrary<
  Pick<Transform, 'watermark' | 'watermarkPosition' | 'watermarkScale' | 'watermarkOpacity' | 'watermarkTiles'>
> = fc
  .record({
    watermark: orNull(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/)),
    watermarkPosition: points,
    watermarkScale: hundredths(0.01, 1),
    watermarkOpacity: hundredths(0.01, 1),
    watermarkTiles: fc.constantFrom<0 | 1>(0, 1),
  })
  .map((all) => {
    const watermarkPosition = all.watermarkTiles === 1 ? { x: 0.5, y: 0.5 } : all.watermarkPosition;
    return all.watermark === null ? NO_WATERMARK : { ...all, watermarkPosition };
  });

/** A watermark of arbitrary transforms. */
export const MARK: Mark = {
  imageId: '01900000-0000-7000-8000-000000000001' as ImageId,
  sha256: 'd'.repeat(64),
  sizeBytes: 1_000,
  width: 300,
  height: 100,
};

export const NO_WATERMARK = {
  watermark: null,
  watermarkPosition: { x: 0.5, y: 0.5 },
  watermarkScale: 0.2,
  watermarkOpacity: 1,
  watermarkTiles: 0,
} as const;

/** Every transform that parameters can express. */
export const arbitraryTransforms: fc.Arbitrary<Transform> = fc
  .record({
    dpr: fc.oneof(fc.constant(1), hundredths(1, 4)),
    crop: orNull(regions),
    rotate: fc.constantFrom(0, 90, 180, 270),
    flip: fc.constantFrom('none', 'horizontal', 'vertical', 'both'),
    background: orNull(
      fc.oneof(
        hexDigits(6),
        hexDigits(8).filter((hex) => !hex.endsWith('ff')),
      ),
    ),
    page: orNull(fc.nat(4_999)),
    padding: paddings,
    enlarge: fc.boolean(),
    pixelate: orNull(fc.integer({ min: 2, max: 256 })),
    radius: orNull(fc.oneof(fc.integer({ min: 1, max: MAX_RESULT_SIDE / 2 }), fc.constant('circle' as const))),
    trim: orNull(fc.integer({ min: 1, max: 255 })),
    change: colors,
    effect: effects,
    encoding: encodings,
    marking: watermarks,
  } as const)
  .chain(({ dpr, change, effect, encoding, marking, trim, ...rest }) => {
    const sides = fc.integer({ min: 1, max: Math.floor(MAX_RESULT_SIDE / dpr) });
    return boxes(sides).map((box) => {
      const isPadded = Object.values(rest.padding).some((side) => side > 0);
      const isMultiplied = box.width !== null || box.height !== null || isPadded || typeof rest.radius === 'number';
      const isTrimmed = rest.crop === null && box.position !== 'focal';
      const isEnlarged = rest.enlarge && (box.width ?? box.height) !== null;
      return {
        ...rest,
        ...change,
        ...effect,
        ...encoding,
        ...(isTrimmed && trim !== null ? NO_WATERMARK : marking),
        ...box,
        dpr: isMultiplied ? dpr : 1,
        trim: isTrimmed ? trim : null,
        enlarge: isEnlarged && !(isTrimmed && trim !== null),
      };
    });
  });

/** Without what has tests of its own. */
export const PLAIN = {
  padding: { top: 0, right: 0, bottom: 0, left: 0 },
  enlarge: false,
  pixelate: null,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  gray: false,
  tint: null,
  radius: null,
} as const;
