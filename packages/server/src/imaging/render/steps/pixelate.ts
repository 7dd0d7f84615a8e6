import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from '../picture.ts';

/** In code: sharp's kernels overlap, so its colors are no means, and its squares have no whole pixels. */
export async function pixelate(picture: Picture, { pixelate: side }: Recipe): Promise<Picture> {
  if (side === null) return picture;
  const pixels = await toPixels(picture);
  const { width, height, channels, frames } = pixels;
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * width * height * channels;
    for (let top = 0; top < height; top += side) {
      for (let left = 0; left < width; left += side) {
        const square = { width: Math.min(side, width - left), height: Math.min(side, height - top) };
        fillSquare(pixels, start + (top * width + left) * channels, square);
      }
    }
  }
  return fromPixels(pixels);
}

/** Weights colors by their alpha. `start` is the place of the first pixel in the data. */
function fillSquare(
  { data, width, channels }: Pixels,
  start: number,
  square: { readonly width: number; readonly height: number },
): void {
  let [red, green, blue, weight] = [0, 0, 0, 0];
  for (let y = 0; y < square.height; y++) {
    for (let x = 0, at = start + y * width * channels; x < square.width; x++, at += channels) {
      const alpha = channels === 4 ? (data[at + 3] ?? 0) : 255;
      red += (data[at] ?? 0) * alpha;
      green += (data[at + 1] ?? 0) * alpha;
      blue += (data[at + 2] ?? 0) * alpha;
      weight += alpha;
    }
  }
  const divisor = Math.max(weight, 1);
  const mean = [red / divisor, green / divisor, blue / divisor, weight / (square.width * square.height)].map(
    Math.round,
  );
  const row = Buffer.alloc(square.width * channels, Buffer.from(mean.slice(0, channels)));
  for (let y = 0; y < square.height; y++) row.copy(data, start + y * width * channels);
}
