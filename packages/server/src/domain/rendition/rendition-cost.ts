import { invalidField } from '../errors.ts';
import type { Recipe } from './recipe.ts';
import type { Size } from './transform.ts';

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

/** A mark of noise costs an encoder as much as a sharpened picture; both together cost twice. */
export const MAX_MARKED_PIXELS = 2_048 * 2_048;

/**
 * Bounds a rendition's cost before anything is decoded. Errors: `invalid-request` that says what to request instead.
 */
export function requireAffordable(
  recipe: Pick<Recipe, 'format' | 'quality' | 'sharpen' | 'watermark'>,
  size: Size,
): void {
  if (recipe.sharpen !== null && size.width * size.height > MAX_SHARPENED_PIXELS) {
    const most = count(MAX_SHARPENED_PIXELS);
    const got = `${size.width} x ${size.height}`;
    throw invalidField('?sharpen', `expected at most ${most} pixels to sharpen; got ${got}: ask for less by w and h`);
  }
  const maxMarked = recipe.sharpen === null ? MAX_MARKED_PIXELS : MAX_MARKED_PIXELS / 2;
  if (recipe.watermark !== null && size.width * size.height > maxMarked) {
    const most = `${count(maxMarked)} pixels ${recipe.sharpen === null ? '' : 'that are sharpened '}under a watermark`;
    const got = `${size.width} x ${size.height}`;
    throw invalidField('?watermark', `expected at most ${most}; got ${got}: ask for less by w and h`);
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
