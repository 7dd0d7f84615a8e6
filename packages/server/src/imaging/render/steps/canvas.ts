import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { ground, isOpaque, TRANSPARENT } from '../colors.ts';
import { type Picture, settled } from '../picture.ts';

export async function canvas(picture: Picture, recipe: Recipe): Promise<Picture> {
  if (!recipe.canvas) return picture;
  const { left, top, width, height } = recipe.canvas;
  const color = ground(recipe.background, picture.format);
  const rgb = picture.pixels === 'rgb' ? picture : await settled(picture);
  const image = rgb.image.extend({
    left,
    top,
    right: width - left - rgb.size.width,
    bottom: height - top - rgb.size.height,
    background: isOpaque(color) ? color : TRANSPARENT,
  });
  const canvas = { ...rgb, image, size: { width, height } };
  return isOpaque(color) ? canvas : { ...canvas, hasAlpha: true, needsSettling: true };
}
