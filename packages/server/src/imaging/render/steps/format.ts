import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { ground, isOpaque } from '../colors.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from '../picture.ts';

/**
 * `plain` becomes PNG or JPEG, `copy` WebP or JPEG: only the pixels show whether an image with an alpha channel is
 * transparent.
 */
export async function format(picture: Picture, recipe: Recipe): Promise<Picture> {
  if (picture.format !== 'plain' && picture.format !== 'copy') return picture;
  if (!picture.hasAlpha || isOpaque(ground(recipe.background, 'png'))) return { ...picture, format: 'jpeg' };
  const pixels = await toPixels(picture);
  const transparent = picture.format === 'copy' ? 'webp' : 'png';
  return fromPixels({ ...pixels, format: isTransparent(pixels) ? transparent : 'jpeg' });
}

function isTransparent({ data, channels }: Pixels): boolean {
  if (channels === 3) return false;
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}
