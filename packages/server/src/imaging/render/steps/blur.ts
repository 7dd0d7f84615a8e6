import sharp, { type Sharp } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import { eachFrame, type Picture, settled } from '../picture.ts';

/**
 * Sigma times pixels of all frames: a mask of 360 x 1 and its transpose on 16.8 MP took 41 s without vector
 * instructions.
 */
const MAX_WORK = 67_108_864;

export async function blur(picture: Picture, { blur }: Recipe): Promise<Picture> {
  if (blur === null) return picture;
  const divisor = blurDivisor(picture, blur);
  if (divisor === 1) {
    const ready = picture.needsSettling ? await settled(picture) : picture;
    return eachFrame(ready, (image) => image.blur(blur));
  }
  const { size } = picture;
  return eachFrame(await settled(picture), (image) => blurSmall(image, size, { blur, divisor }));
}

/**
 * The factor by which an image is shrunk before blurring, so that sigma times pixels stays bounded. Sigma is still at
 * least 10 pixels then, so the difference is invisible: a Gaussian leaves no detail finer than a quarter of sigma.
 */
export const blurDivisor = ({ size, frames }: Pick<Picture, 'size' | 'frames'>, sigma: number): number =>
  Math.ceil(Math.cbrt((sigma * size.width * size.height * frames) / MAX_WORK));

async function blurSmall(
  image: Sharp,
  { width, height }: Size,
  { blur, divisor }: { readonly blur: number; readonly divisor: number },
): Promise<Sharp> {
  const small = { width: Math.ceil(width / divisor), height: Math.ceil(height / divisor) };
  const { data, info } = await image
    .resize({ ...small, fit: 'fill' })
    .blur(blur / divisor)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const raw = { ...small, channels: info.channels };
  return sharp(data, { raw }).resize({ width, height, fit: 'fill', kernel: 'cubic' });
}
