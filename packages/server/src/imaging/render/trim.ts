import { withoutTrim } from '../../domain/rendition/plan-rendition.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Region } from '../../domain/rendition/transform.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from './picture.ts';
import { regionAfter, regionBefore, turnedSize } from './turn.ts';

/** A picture in full size, and a recipe for it in which the crop is decided. */
export interface Trimmed {
  readonly picture: Picture;
  readonly recipe: Recipe;
}

/** Decodes the picture once: the rest is cropped from these pixels. */
export async function trimmed(picture: Picture, recipe: Recipe): Promise<Trimmed> {
  if (!recipe.trim) return { picture, recipe };
  const { size, turn } = picture;
  const pixels = await toPixels(picture);
  const corner = regionBefore({ left: 0, top: 0, width: 1, height: 1 }, turn, size);
  const stored = contentOf(pixels, corner, recipe.trim.threshold);
  const content = stored && regionAfter(stored, turn, size);
  return {
    picture: { ...fromPixels(pixels), turn },
    recipe: withoutTrim(recipe, { source: turnedSize(size, turn), content }),
  };
}

type Bitmap = Pick<Pixels, 'data' | 'width' | 'height' | 'channels'>;

/**
 * The smallest region with all pixels that differ from the one at `corner` by more than `threshold`: in alpha, or in a
 * color as far as alpha shows it. null if there are none.
 */
export function contentOf(bitmap: Bitmap, corner: Pick<Region, 'left' | 'top'>, threshold: number): Region | null {
  const { width, height } = bitmap;
  const differs = differenceFrom(bitmap, corner, threshold);
  const isBorder = (y: number): boolean => {
    for (let x = 0; x < width; x++) if (differs(x, y)) return false;
    return true;
  };
  let [top, bottom] = [0, height];
  while (top < height && isBorder(top)) top++;
  if (top === height) return null;
  while (isBorder(bottom - 1)) bottom--;

  let [left, right] = [width, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < left; x++) if (differs(x, y)) left = x;
    for (let x = width - 1; x >= right; x--) if (differs(x, y)) right = x + 1;
  }
  return { left, top, width: right - left, height: bottom - top };
}

function differenceFrom(
  { data, width, channels }: Bitmap,
  corner: Pick<Region, 'left' | 'top'>,
  threshold: number,
): (x: number, y: number) => boolean {
  const alphaAt = (at: number): number => (channels === 4 ? (data[at + 3] ?? 0) : 255);
  const from = (corner.top * width + corner.left) * channels;
  const [red = 0, green = 0, blue = 0] = data.subarray(from, from + 3);
  const opacity = alphaAt(from);
  return (x, y) => {
    const at = (y * width + x) * channels;
    const alpha = alphaAt(at);
    const most = Math.max(
      Math.abs((data[at] ?? 0) - red),
      Math.abs((data[at + 1] ?? 0) - green),
      Math.abs((data[at + 2] ?? 0) - blue),
    );
    return most * alpha > threshold * 255 || Math.abs(alpha - opacity) > threshold;
  };
}
