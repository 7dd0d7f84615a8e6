import type { WebpOptions } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import type { RenditionType } from '../../imaging.ts';
import type { Timing } from '../../pixels.ts';
import { COPY_ENCODINGS, ENCODINGS, type Encoding } from '../encodings.ts';
import type { Picture } from '../picture.ts';

export interface Encoded extends Size {
  readonly bytes: Buffer;
  readonly contentType: RenditionType;
}

/** The result has no metadata of the source: sharp's default. */
export async function encode(picture: Picture, { quality, format }: Recipe): Promise<Encoded> {
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
