import type { Sharp } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import { eachFrame, type Picture } from '../picture.ts';
import { asAsked, turned, turnedSize } from '../turn.ts';

/**
 * Runs before rotation: fewer pixels to rotate, and JPEG and WebP can be decoded at a smaller size. Also set if the
 * size stays, because sharp runs a crop that follows a resize after it.
 */
export async function scale(picture: Picture, recipe: Recipe): Promise<Picture> {
  const turn = turned(picture.turn, asAsked(recipe));
  const { width, height } = turnedSize(scaledSize(turnedSize(picture.size, turn), recipe), turn);
  const change = (image: Sharp): Sharp =>
    image.resize({ width, height, fit: 'fill', fastShrinkOnLoad: picture.mayShrinkOnLoad });
  // enlarged as one tall picture, frames would show their neighbours at their edges
  if (picture.frames > 1 && isLarger({ width, height }, picture.size)) return eachFrame(picture, change);
  return { ...picture, image: change(picture.image), size: { width, height } };
}

/** Whether either side is longer. */
export const isLarger = (one: Size, other: Size): boolean => one.width > other.width || one.height > other.height;

/** The size to scale to, for an image that is seen in this size. */
export function scaledSize(seen: Size, { scaled, window }: Recipe): Size {
  return window && 'find' in window ? covering(seen, window) : (scaled ?? seen);
}

/** The smallest size of the image's shape that covers the window. */
function covering(picture: Size, window: Size): Size {
  const factor = Math.max(window.width / picture.width, window.height / picture.height);
  return {
    width: Math.max(window.width, Math.round(picture.width * factor)),
    height: Math.max(window.height, Math.round(picture.height * factor)),
  };
}
