import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { eachFrame, type Picture, settled } from '../picture.ts';

export async function sharpen(picture: Picture, { sharpen }: Recipe): Promise<Picture> {
  if (sharpen === null) return picture;
  const ready = picture.needsSettling ? await settled(picture) : picture;
  return eachFrame(ready, (image) => image.sharpen({ sigma: sharpen }));
}
