import type { WebpOptions } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import type { RenditionType } from '../../imaging.ts';
import type { Timing } from '../../pixels.ts';
import { ENCODINGS } from '../encodings.ts';
import type { Picture } from '../picture.ts';

export interface Encoded extends Size {
  readonly bytes: Buffer;
  readonly contentType: RenditionType;
}

/** The result has no metadata of the source: sharp's default. */
export async function encode(picture: Picture, { quality }: Recipe): Promise<Encoded> {
  if (picture.format === 'plain') throw new Error('expected a format to encode in; got plain, undecided');
  const { size, frames } = picture;
  const { contentType, encode } = ENCODINGS[picture.format];
  const encoder = encode(picture.image, { quality, pixels: size.width * size.height * frames });
  if (picture.timing) encoder.webp(playable(picture.timing));
  return { bytes: await encoder.toBuffer(), contentType, ...size };
}

/** sharp's limits. A frame of more than a minute ends slightly early. */
const MAX_TIMING = 65_535;

const playable = ({ delay, loop }: Timing): WebpOptions => ({
  delay: delay.map((milliseconds) => Math.min(milliseconds, MAX_TIMING)),
  loop: Math.min(loop, MAX_TIMING),
});
