import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Picture } from '../picture.ts';
import { regionBefore, turnedSize } from '../turn.ts';

/** Runs before rotation, so that only the needed part is scaled and rotated. */
export function crop(picture: Picture, recipe: Recipe): Picture {
  if (!recipe.crop) return picture;
  const seen = turnedSize(picture.size, picture.turn);
  const { left, top, width, height } = recipe.crop;
  if (left + width > seen.width || top + height > seen.height) {
    const got = `${width} x ${height} at ${left}, ${top}`;
    throw new Error(`expected a crop within ${seen.width} x ${seen.height}; got ${got}`);
  }
  const region = regionBefore(recipe.crop, picture.turn, picture.size);
  return { ...picture, image: picture.image.extract(region), size: { width: region.width, height: region.height } };
}
