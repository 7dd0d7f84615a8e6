import { invalidField } from '../errors.ts';
import type { Recipe } from './recipe.ts';
import type { Size, Transform } from './transform.ts';

/**
 * An AV1 encoder takes five times as long as the others: 16.8 MP of noise took 5.4 s without losses, 2.7 s at quality
 * 55.
 */
export const MAX_AVIF_PIXELS = 4_096 * 2_048;
export const MAX_FINE_AVIF_PIXELS = 2_048 * 2_048;
/** Up to this quality an AVIF may have `MAX_AVIF_PIXELS`. The format's default is lower. */
export const MAX_COARSE_QUALITY = 60;

/** Independent of sigma: sharpening runs in L*a*b*, and sharpened noise costs an encoder most. */
export const MAX_SHARPENED_PIXELS = 2_048 * 2_048;

/**
 * The limit of a result whose pixels are changed after scaling, which takes up to 0.13 us a pixel. Half of it applies
 * if the result is sharpened too.
 */
export const MAX_RETOUCHED_PIXELS = 2_048 * 2_048;

/** Parameters that retouch, by name. */
const RETOUCHING = [
  'pixelate',
  'brightness',
  'contrast',
  'saturation',
  'gray',
  'tint',
  'radius',
] as const satisfies readonly (keyof Transform)[];

/** Errors: `invalid-request` if a parameter retouches a result of this size, which is too large for that. */
export function requireRetouchable(
  transform: Pick<Transform, (typeof RETOUCHING)[number] | 'sharpen'>,
  size: Size,
): void {
  const most = transform.sharpen === null ? MAX_RETOUCHED_PIXELS : MAX_RETOUCHED_PIXELS / 2;
  if (size.width * size.height <= most) return;
  const name = RETOUCHING.find((one) => Boolean(transform[one]));
  if (name === undefined) return;
  const detail = `expected at most ${count(most)} pixels with ${name}${transform.sharpen === null ? '' : ' and sharpen'}; got ${size.width} x ${size.height}: ask for less by w and h`;
  throw invalidField(`?${name}`, detail);
}

/**
 * Pixels of an enlarged image before its window is cropped: an image of 1 x 16,384 that covers a square of 4,096 would
 * have 67,108,864 rows.
 */
export const MAX_ENLARGED_PIXELS = 4_096 * 4_096;
/** The longest side of an accepted image (`Limits.maxSidePixels`). */
const MAX_ENLARGED_SIDE = 16_384;

/** Errors: `invalid-request` if `scaled` is larger than the source and too large to make. */
export function requireEnlargeable(scaled: Size, source: Size): void {
  const { width, height } = scaled;
  if (width <= source.width && height <= source.height) return;
  if (width * height <= MAX_ENLARGED_PIXELS && Math.max(width, height) <= MAX_ENLARGED_SIDE) return;
  const most = `${count(MAX_ENLARGED_PIXELS)} pixels and ${count(MAX_ENLARGED_SIDE)} a side`;
  const got = `${width} x ${height}, of which a part is cropped`;
  throw invalidField('?enlarge', `expected an enlarged image of at most ${most}; got ${got}: ask for less by w and h`);
}

/**
 * Bounds a rendition's cost before anything is decoded. Errors: `invalid-request` that says what to request instead.
 */
export function requireAffordable(recipe: Pick<Recipe, 'format' | 'quality' | 'sharpen'>, size: Size): void {
  if (recipe.sharpen !== null && size.width * size.height > MAX_SHARPENED_PIXELS) {
    const most = count(MAX_SHARPENED_PIXELS);
    const got = `${size.width} x ${size.height}`;
    throw invalidField('?sharpen', `expected at most ${most} pixels to sharpen; got ${got}: ask for less by w and h`);
  }
  if (recipe.format === 'avif') requireAffordableAvif(recipe.quality, size);
}

function requireAffordableAvif(quality: Recipe['quality'], size: Size): void {
  const pixels = size.width * size.height;
  const isFine = quality !== null && quality > MAX_COARSE_QUALITY;
  if (pixels <= (isFine ? MAX_FINE_AVIF_PIXELS : MAX_AVIF_PIXELS)) return;

  const allowed = isFine
    ? `${count(MAX_FINE_AVIF_PIXELS)} pixels with q over ${MAX_COARSE_QUALITY}`
    : `${count(MAX_AVIF_PIXELS)} pixels`;
  const lowerQuality = isFine && pixels <= MAX_AVIF_PIXELS ? `, or q=${MAX_COARSE_QUALITY} at most` : '';
  const remedy = `ask for less by w and h${lowerQuality}, or for format=webp`;
  throw invalidField(
    '?format',
    `expected an AVIF of at most ${allowed}; got ${size.width} x ${size.height}${isFine ? ` with q=${quality}` : ''}: ${remedy}`,
  );
}

/** Seconds of CPU time per pixel of the result (the numbers of `MAX_AVIF_PIXELS`). */
const SECONDS_PER_PIXEL = 0.05e-6;
const SECONDS_PER_AVIF_PIXEL = 0.25e-6;
/** The cost of reading the source: a JPEG of 201 MP and 110 MB takes 1.1 s, a PNG of 45 MB as long. */
const SECONDS_PER_SOURCE = 0.02;
const SECONDS_PER_SOURCE_BYTE = 0.01e-6;

/** About the CPU time of renditions of one source, for the order of service before the real time is known. */
export const estimatedSeconds = (
  recipes: readonly Pick<Recipe, 'scaled' | 'window' | 'canvas' | 'format'>[],
  sourceBytes: number,
): number =>
  recipes.reduce(
    (seconds, { format, scaled, window, canvas }) => {
      const size = canvas ?? window ?? scaled;
      const perPixel = format === 'avif' ? SECONDS_PER_AVIF_PIXEL : SECONDS_PER_PIXEL;
      return seconds + (size === null ? 0 : size.width * size.height * perPixel);
    },
    SECONDS_PER_SOURCE + sourceBytes * SECONDS_PER_SOURCE_BYTE,
  );

const count = (value: number): string => value.toLocaleString('en-US');
