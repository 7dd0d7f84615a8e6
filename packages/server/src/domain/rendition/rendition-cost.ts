import { invalidField } from '../errors.ts';
import type { Recipe } from './recipe.ts';
import { MAX_RESULT_SIDE, type Size, type Transform } from './transform.ts';

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

/** The limit of a result whose pixels are changed after scaling, which takes up to 0.13 us a pixel. */
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

/** Parameters that cost as much again: with each of them half as many pixels may be retouched. */
const BESIDE = {
  sharpen: 'sharpen',
  maxBytes: 'max_bytes',
  trim: 'trim',
  watermark: 'watermark',
} as const satisfies Partial<Record<keyof Transform, string>>;

type Retouched = Pick<Transform, (typeof RETOUCHING)[number] | keyof typeof BESIDE>;

/** Errors: `invalid-request` if a parameter retouches a result of this size, which is too large for that. */
export function requireRetouchable(transform: Retouched, size: Size): void {
  const beside = (Object.keys(BESIDE) as (keyof typeof BESIDE)[]).filter((field) => transform[field] !== null);
  const most = MAX_RETOUCHED_PIXELS / 2 ** beside.length;
  if (size.width * size.height <= most) return;
  const name = RETOUCHING.find((one) => Boolean(transform[one]));
  if (name === undefined) return;
  const all = [name, ...beside.map((field) => BESIDE[field])].join(' and ');
  const got = `${transform.trim === null ? '' : 'up to '}${size.width} x ${size.height}`;
  throw invalidField(
    `?${name}`,
    `expected at most ${count(most)} pixels with ${all}; got ${got}: ask for less by w and h`,
  );
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

/** Encodings of one result that is to have few bytes. */
export const MAX_ENCODINGS = 3;
/** A lower quality saves few bytes, and shows only blocks. */
export const LEAST_QUALITY = 10;

/** How often a pixel of a result with few bytes counts: encoded `MAX_ENCODINGS` times, and held meanwhile. */
export const SIZED_WEIGHT = 4;
export const MAX_SIZED_PIXELS = MAX_RESULT_SIDE ** 2 / SIZED_WEIGHT;

/** How often each pixel of a result counts. */
export const weightOf = ({ maxBytes }: Pick<Recipe, 'maxBytes'>): number => (maxBytes === null ? 1 : SIZED_WEIGHT);

/** Decoded in full size and held. 24 MP is what most cameras make. */
export const MAX_TRIMMED_PIXELS = 6_144 * 4_096;
/** A source of so many pixels leaves no time to encode more: an AVIF of 16.8 MP takes 5 s to decode. */
const TRIMMED_WEIGHT = 2;
export const MAX_TRIMMED_RESULT_PIXELS = MAX_RESULT_SIDE ** 2 / TRIMMED_WEIGHT;

/** Errors: `invalid-request` for a source that is too large to be searched for its border. */
export function requireTrimmable({ width, height }: Size): void {
  if (width * height <= MAX_TRIMMED_PIXELS) return;
  const most = `${count(MAX_TRIMMED_PIXELS)} pixels to trim`;
  throw invalidField('?trim', `expected an image of at most ${most}; got ${width} x ${height}: ask for a crop instead`);
}

/** A mark of noise costs an encoder as much as a sharpened picture; both together cost twice. */
export const MAX_MARKED_PIXELS = 2_048 * 2_048;

/**
 * Bounds a rendition's cost before anything is decoded. Errors: `invalid-request` that says what to request instead.
 */
export function requireAffordable(recipe: CostlyRecipe, size: Size): void {
  const pixels = size.width * size.height;
  const got = `${recipe.trim === null ? '' : 'up to '}${size.width} x ${size.height}`;
  const [weight, sized] = [weightOf(recipe), recipe.maxBytes === null ? '' : ' with max_bytes'];
  const mostSharpened = MAX_SHARPENED_PIXELS / weight / (recipe.trim === null ? 1 : TRIMMED_WEIGHT);
  if (recipe.sharpen !== null && pixels > mostSharpened) {
    const most = `${count(mostSharpened)} pixels to sharpen${sized}${recipe.trim === null ? '' : ' with trim'}`;
    throw invalidField('?sharpen', `expected at most ${most}; got ${got}: ask for less by w and h`);
  }
  if (recipe.format === 'avif') requireAffordableAvif(recipe, size);
  if (recipe.maxBytes !== null && pixels > MAX_SIZED_PIXELS) {
    const most = `${count(MAX_SIZED_PIXELS)} pixels with max_bytes`;
    throw invalidField('?max_bytes', `expected at most ${most}; got ${got}: ask for less by w and h`);
  }
  if (recipe.trim !== null && pixels > MAX_TRIMMED_RESULT_PIXELS) {
    const most = `${count(MAX_TRIMMED_RESULT_PIXELS)} pixels with trim`;
    throw invalidField('?trim', `expected at most ${most}; got ${got}: ask for less by w and h`);
  }
  const beside = [recipe.sharpen, recipe.maxBytes].filter((one) => one !== null).length;
  const maxMarked = MAX_MARKED_PIXELS / 2 ** beside;
  if (recipe.watermark !== null && pixels > maxMarked) {
    const most = `${count(maxMarked)} pixels ${recipe.sharpen === null ? '' : 'that are sharpened '}under a watermark${sized}`;
    throw invalidField('?watermark', `expected at most ${most}; got ${got}: ask for less by w and h`);
  }
}

type CostlyRecipe = Pick<Recipe, 'format' | 'quality' | 'sharpen' | 'maxBytes' | 'trim' | 'watermark'>;

function requireAffordableAvif(recipe: CostlyRecipe, size: Size): void {
  const { quality, maxBytes } = recipe;
  const weight = weightOf(recipe);
  const pixels = size.width * size.height;
  const isFine = quality !== null && quality > MAX_COARSE_QUALITY;
  if (pixels * weight <= (isFine ? MAX_FINE_AVIF_PIXELS : MAX_AVIF_PIXELS)) return;

  const allowed = isFine
    ? `${count(MAX_FINE_AVIF_PIXELS / weight)} pixels with q over ${MAX_COARSE_QUALITY}`
    : `${count(MAX_AVIF_PIXELS / weight)} pixels`;
  const sized = maxBytes === null ? '' : `${isFine ? ' and' : ' with'} max_bytes`;
  const lowerQuality = isFine && pixels * weight <= MAX_AVIF_PIXELS ? `, or q=${MAX_COARSE_QUALITY} at most` : '';
  const remedy = `ask for less by w and h${lowerQuality}, or for format=webp`;
  throw invalidField(
    '?format',
    `expected an AVIF of at most ${allowed}${sized}; got ${size.width} x ${size.height}${isFine ? ` with q=${quality}` : ''}: ${remedy}`,
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
  recipes: readonly Pick<Recipe, 'scaled' | 'window' | 'canvas' | 'format' | 'maxBytes'>[],
  sourceBytes: number,
): number =>
  recipes.reduce(
    (seconds, { format, scaled, window, canvas, maxBytes }) => {
      const size = canvas ?? window ?? scaled;
      const perPixel = format === 'avif' ? SECONDS_PER_AVIF_PIXEL : SECONDS_PER_PIXEL;
      return seconds + (size === null ? 0 : size.width * size.height * perPixel * weightOf({ maxBytes }));
    },
    SECONDS_PER_SOURCE + sourceBytes * SECONDS_PER_SOURCE_BYTE,
  );

const count = (value: number): string => value.toLocaleString('en-US');
