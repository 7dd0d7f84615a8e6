import type { Recipe } from '../../domain/recipe.ts';
import type { Size } from '../../domain/transform.ts';
import type { Picture } from '../picture.ts';
import { asAsked, turned, turnedSize } from '../turn.ts';

/**
 * Before the picture is turned: fewer pixels to turn, and JPEG and WebP can be decoded at a smaller size. Also said where
 * the size stays: what sharp is asked to cut out after that is cut last.
 */
export function scale(picture: Picture, recipe: Recipe): Picture {
  const turn = turned(picture.turn, asAsked(recipe));
  const { width, height } = turnedSize(scaledSize(turnedSize(picture.size, turn), recipe), turn);
  return { ...picture, image: picture.image.resize({ width, height, fit: 'fill' }), size: { width, height } };
}

/** What a picture that is seen in this size is scaled to. */
export function scaledSize(seen: Size, { scaled, window }: Recipe): Size {
  return window && 'find' in window ? covering(seen, window) : (scaled ?? seen);
}

/** The least size of the picture's shape that covers the window. */
function covering(picture: Size, window: Size): Size {
  const factor = Math.max(window.width / picture.width, window.height / picture.height);
  return {
    width: Math.max(window.width, Math.round(picture.width * factor)),
    height: Math.max(window.height, Math.round(picture.height * factor)),
  };
}
