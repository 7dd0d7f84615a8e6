import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { IMAGE_FORMATS, type MediaType } from '../packages/server/src/domain/image/media-type.ts';
import { photographs } from './photographs.ts';

/** A photograph in the size of a camera's or an editor's file. */
export interface Original {
  readonly type: MediaType;
  readonly width: number;
  readonly height: number;
  /** Opaque in the middle, transparent at the edges. */
  readonly isTransparent?: true;
}

const PICTURES = 2;

/** `transparent PNG 12 MP`. */
export const nameOf = ({ type, width, height, isTransparent }: Original): string =>
  `${isTransparent ? 'transparent ' : ''}${IMAGE_FORMATS[type].name} ${Math.round((width * height) / 1_000_000)} MP`;

/** Whether there are pictures of the type: those of a HEIC need a phone, and stand in `PICTURES_DIR`. */
export const hasOriginals = ({ type }: Original): boolean => type !== 'image/heic' || PHONE_PICTURES !== undefined;

const PHONE_PICTURES = process.env['PICTURES_DIR'];
/** Photographs of 12 megapixels, in tiles. */
const PHONES = ['iphone_13_pro_max.HEIC', 'yuv420_image_with_yuv400_gainmap.heic'];

/**
 * The largest photographs (bench/photographs.ts), each scaled to this size and encoded as cameras and editors do; HEICs
 * as phones made them.
 */
export async function originals({ type, width, height, isTransparent }: Original): Promise<readonly Buffer[]> {
  if (type === 'image/heic')
    return Promise.all(PHONES.map((name) => readFile(join(PHONE_PICTURES ?? '', 'heic', name))));
  const { all } = await photographs();
  const sized = await Promise.all(all.map(async (bytes) => ({ bytes, pixels: await pixelsOf(bytes) })));
  const largest = sized.toSorted((one, other) => other.pixels - one.pixels).slice(0, PICTURES);
  const made: Buffer[] = [];
  for (const { bytes } of largest) {
    const scaled = sharp(bytes).autoOrient().resize({ width, height, fit: 'cover', kernel: 'lanczos3' });
    const seen = isTransparent ? scaled.composite([{ input: vignette(width, height), blend: 'dest-in' }]) : scaled;
    made.push(await encoded(seen, type).toBuffer());
  }
  return made;
}

const vignette = (width: number, height: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><radialGradient id="fade"><stop offset="0.6"/>` +
      '<stop offset="1" stop-opacity="0"/></radialGradient><rect width="100%" height="100%" fill="url(#fade)"/></svg>',
  );

async function pixelsOf(bytes: Buffer): Promise<number> {
  const { width, height } = await sharp(bytes).metadata();
  return width * height;
}

/** As cameras and editors do. */
export function encoded(image: Sharp, type: MediaType): Sharp {
  switch (type) {
    case 'image/jpeg':
      return image.jpeg({ quality: 90 });
    case 'image/png':
      return image.png({ compressionLevel: 6, adaptiveFiltering: true });
    case 'image/webp':
      return image.webp({ quality: 85, effort: 2 });
    case 'image/avif':
      return image.avif({ quality: 60, effort: 1 });
    case 'image/tiff':
      return image.tiff({ compression: 'lzw', predictor: 'horizontal' });
    case 'image/gif':
    case 'image/heic':
      throw new Error(`expected a type of photographs that sharp writes; got ${type}`);
  }
}
