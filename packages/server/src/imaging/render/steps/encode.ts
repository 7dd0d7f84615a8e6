import type { WebpOptions } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import type { RenditionType } from '../../imaging.ts';
import type { Timing } from '../../pixels.ts';
import { COPY_ENCODINGS, DEFAULT_QUALITY, ENCODINGS, type Encoding } from '../encodings.ts';
import { fromPixels, type Picture, toPixels } from '../picture.ts';
import { type Attempt, bestOf, nextQuality } from '../quality-search.ts';

export interface Encoded extends Size {
  readonly bytes: Buffer;
  readonly contentType: RenditionType;
}

/** In the quality of the recipe, or in the one that `maxBytes` leaves: with more bytes only if all qualities have. */
export async function encode(picture: Picture, recipe: Recipe): Promise<Encoded> {
  const { maxBytes } = recipe;
  if (maxBytes === null) return encodeOnce(picture, recipe);

  const pixels = await toPixels(picture);
  const attempts: (Attempt & { readonly encoded: Encoded })[] = [];
  let quality: number | undefined = recipe.quality ?? defaultQuality(picture.format);
  while (quality !== undefined) {
    const encoded = await encodeOnce(fromPixels(pixels), { ...recipe, quality });
    attempts.push({ quality, length: encoded.bytes.length, encoded });
    quality = nextQuality(attempts, maxBytes);
  }
  return bestOf(attempts, maxBytes).encoded;
}

function defaultQuality(format: Picture['format']): number {
  if (format === 'jpeg' || format === 'webp' || format === 'avif') return DEFAULT_QUALITY[format];
  throw new Error(`expected a format with a quality; got ${format}`);
}

/** The result has no metadata of the source: sharp's default. */
async function encodeOnce(picture: Picture, { quality, format }: Recipe): Promise<Encoded> {
  const { size, frames } = picture;
  const { contentType, encode } = encodingOf(picture.format, { isCopy: format === 'copy' });
  const encoder = encode(picture.image, { quality, pixels: size.width * size.height * frames });
  if (picture.timing) encoder.webp(playable(picture.timing));
  return { bytes: await encoder.toBuffer(), contentType, ...size };
}

function encodingOf(format: Picture['format'], { isCopy }: { readonly isCopy: boolean }): Encoding {
  if (format === 'plain' || format === 'copy')
    throw new Error(`expected a format to encode in; got ${format}, undecided`);
  if (!isCopy) return ENCODINGS[format];
  if (format === 'jpeg' || format === 'webp') return COPY_ENCODINGS[format];
  throw new Error(`expected a working copy as JPEG or WebP; got ${format}`);
}

/** sharp's limits. A frame of more than a minute ends slightly early. */
const MAX_TIMING = 65_535;

const playable = ({ delay, loop }: Timing): WebpOptions => ({
  delay: delay.map((milliseconds) => Math.min(milliseconds, MAX_TIMING)),
  loop: Math.min(loop, MAX_TIMING),
});
