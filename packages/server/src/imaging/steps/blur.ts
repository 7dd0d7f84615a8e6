import type { Recipe } from '../../domain/recipe.ts';
import { eachFrame, type Picture, settled } from '../picture.ts';

export async function blur(picture: Picture, { blur }: Recipe): Promise<Picture> {
  if (blur === null) return picture;
  const ready = picture.needsSettling ? await settled(picture) : picture;
  return eachFrame(ready, (image) => image.blur(blur));
}
