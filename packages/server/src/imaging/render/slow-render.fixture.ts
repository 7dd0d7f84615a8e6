import sharp, { type Sharp } from 'sharp';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Region, Size } from '../../domain/rendition/transform.ts';

/** RGBA, 8 bit. */
export interface Bitmap extends Size {
  readonly data: Buffer;
}

/**
 * Performs a recipe's steps one after the other, each on the pixels of the step before. Doesn't support a searched
 * window.
 */
export async function slowRender(seen: Bitmap, recipe: Recipe): Promise<Bitmap> {
  let bitmap = recipe.crop ? part(seen, recipe.crop) : seen;
  for (let angle = 0; angle < recipe.rotate; angle += 90) bitmap = quarterTurn(bitmap);
  if (recipe.flip === 'horizontal' || recipe.flip === 'both') bitmap = mirrored(bitmap);
  if (recipe.flip === 'vertical' || recipe.flip === 'both') bitmap = upsideDown(bitmap);
  if (recipe.scaled) bitmap = await bySharp(bitmap, (image) => image.resize({ ...recipe.scaled, fit: 'fill' }));
  if (recipe.window && 'left' in recipe.window) bitmap = part(bitmap, recipe.window);
  if (recipe.canvas) bitmap = part(bitmap, shifted(recipe.canvas));
  if (recipe.background) bitmap = laidOn(bitmap, recipe.background);
  const { blur, sharpen } = recipe;
  if (blur !== null) bitmap = await bySharp(bitmap, (image) => image.blur(blur));
  if (sharpen !== null) bitmap = await bySharp(bitmap, (image) => image.sharpen({ sigma: sharpen }));
  return bitmap;
}

/** EXIF orientation, named by the position of the first row and the first column (TIFF 6.0, "Orientation"). */
export function asSeenBy(orientation: number, stored: Bitmap): Bitmap {
  switch (orientation) {
    case 2:
      return mirrored(stored); // top, right
    case 3:
      return mirrored(upsideDown(stored)); // bottom, right
    case 4:
      return upsideDown(stored); // bottom, left
    case 5:
      return mirrored(quarterTurn(stored)); // left, top
    case 6:
      return quarterTurn(stored); // right, top
    case 7:
      return upsideDown(quarterTurn(stored)); // right, bottom
    case 8:
      return upsideDown(mirrored(quarterTurn(stored))); // left, bottom
    default:
      return stored;
  }
}

export async function bitmapOf(bytes: Buffer, page = 0): Promise<Bitmap> {
  const { data, info } = await sharp(bytes, { page }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** The mean and the largest difference over all channels, with transparent pixels weighted by their alpha. */
export function difference(one: Bitmap, other: Bitmap): { readonly mean: number; readonly max: number } {
  let sum = 0;
  let max = 0;
  for (let at = 0; at < one.data.length; at++) {
    const apart = Math.abs(seenAt(one, at) - seenAt(other, at));
    sum += apart;
    max = Math.max(max, apart);
  }
  return { mean: sum / one.data.length, max };
}

function seenAt({ data }: Bitmap, at: number): number {
  const value = data[at] ?? 0;
  return at % 4 === 3 ? value : (value * (data[at - (at % 4) + 3] ?? 0)) / 255;
}

type PixelAt = (x: number, y: number) => readonly [x: number, y: number];

/** A bitmap of another size with some of the first one's pixels; transparent elsewhere. */
function rearranged(bitmap: Bitmap, { width, height }: Size, pixelAt: PixelAt): Bitmap {
  const data = Buffer.alloc(width * height * 4);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      const [fromX, fromY] = pixelAt(x, y);
      if (fromX < 0 || fromY < 0 || fromX >= bitmap.width || fromY >= bitmap.height) continue;
      const from = (fromY * bitmap.width + fromX) * 4;
      bitmap.data.copy(data, to, from, from + 4);
    }
  }
  return { data, width, height };
}

const part = (bitmap: Bitmap, { left, top, width, height }: Region): Bitmap =>
  rearranged(bitmap, { width, height }, (x, y) => [x + left, y + top]);

const shifted = (canvas: Region): Region => ({ ...canvas, left: -canvas.left, top: -canvas.top });

const mirrored = (bitmap: Bitmap): Bitmap => rearranged(bitmap, bitmap, (x, y) => [bitmap.width - 1 - x, y]);
const upsideDown = (bitmap: Bitmap): Bitmap => rearranged(bitmap, bitmap, (x, y) => [x, bitmap.height - 1 - y]);

/** Clockwise: the left column becomes the top row. */
const quarterTurn = (bitmap: Bitmap): Bitmap =>
  rearranged(bitmap, { width: bitmap.height, height: bitmap.width }, (x, y) => [y, bitmap.height - 1 - x]);

function laidOn({ data, width, height }: Bitmap, hex: string): Bitmap {
  const [red = 0, green = 0, blue = 0, opacity = 255] = Buffer.from(hex, 'hex');
  const below = [red, green, blue];
  const laid = Buffer.alloc(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = (data[at + 3] ?? 0) / 255;
    const rest = (opacity / 255) * (1 - alpha);
    const whole = alpha + rest;
    for (const [channel, color] of below.entries())
      laid[at + channel] = whole === 0 ? 0 : Math.round(((data[at + channel] ?? 0) * alpha + color * rest) / whole);
    laid[at + 3] = Math.round(whole * 255);
  }
  return { data: laid, width, height };
}

async function bySharp({ data, width, height }: Bitmap, change: (image: Sharp) => Sharp): Promise<Bitmap> {
  const changed = await change(sharp(data, { raw: { width, height, channels: 4 } }))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: changed.data, width: changed.info.width, height: changed.info.height };
}
