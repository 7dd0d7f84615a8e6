import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { ground, isOpaque } from '../colors.ts';
import { type Picture, settled } from '../picture.ts';

export async function background(picture: Picture, recipe: Recipe): Promise<Picture> {
  const color = ground(recipe.background, picture.format);
  if (color.alpha === 0 || !picture.hasAlpha) return picture;
  // sharp converts a color to the image's color space: for a gray image it would become gray
  const rgb = picture.pixels === 'rgb' ? picture : await settled(picture);
  if (isOpaque(color)) return { ...rgb, image: rgb.image.flatten({ background: color }), hasAlpha: false };

  const input = Buffer.from([color.r, color.g, color.b, Math.round(color.alpha * 255)]);
  const raw = { width: 1, height: 1, channels: 4 as const };
  const image = rgb.image.composite([{ input, raw, tile: true, blend: 'dest-over' }]);
  return { ...rgb, image, needsSettling: true };
}
