import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from '../picture.ts';

/** In code: sharp's kernels overlap, so its colors are no means, and its squares have no whole pixels. */
export async function pixelate(picture: Picture, { pixelate: side }: Recipe): Promise<Picture> {
  if (side === null) return picture;
  const pixels = await toPixels(picture);
  const { height, frames } = pixels;
  for (let frame = 0; frame < frames; frame++) {
    for (let top = 0; top < height; top += side)
      fillBand(pixels, { row: frame * height + top, rows: Math.min(side, height - top) }, side);
  }
  return fromPixels(pixels);
}

interface Band {
  /** The first row, counted through all frames. */
  readonly row: number;
  readonly rows: number;
}

/** Fills the squares of a band, side by side, with their means, in which colors weigh by their alpha. */
function fillBand({ data, width, channels }: Pixels, { row, rows }: Band, side: number): void {
  const means = new Float64Array(Math.ceil(width / side) * 4);
  const start = row * width * channels;
  for (let y = 0, at = start; y < rows; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const square = Math.floor(x / side) * 4;
      const alpha = channels === 4 ? (data[at + 3] ?? 0) : 255;
      for (let color = 0; color < 3; color++)
        means[square + color] = (means[square + color] ?? 0) + (data[at + color] ?? 0) * alpha;
      means[square + 3] = (means[square + 3] ?? 0) + alpha;
    }
  }
  for (let left = 0, square = 0; left < width; left += side, square += 4) {
    const weight = means[square + 3] ?? 0;
    for (let color = 0; color < 3; color++)
      means[square + color] = Math.round((means[square + color] ?? 0) / Math.max(weight, 1));
    means[square + 3] = Math.round(weight / (rows * Math.min(side, width - left)));
  }
  for (let y = 0, at = start; y < rows; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const square = Math.floor(x / side) * 4;
      for (let channel = 0; channel < channels; channel++) data[at + channel] = means[square + channel] ?? 0;
    }
  }
}
