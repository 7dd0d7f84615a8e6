import type { Sharp } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Colors } from '../../../domain/rendition/transform.ts';
import { type Picture, settled } from '../picture.ts';

/** Starts and ends with pixels: sharp would color the canvas too, and get 16-bit and gray sources wrong. */
export async function colors(picture: Picture, { colors }: Recipe): Promise<Picture> {
  if (colors === null) return picture;
  const ready = await settled(picture);
  return settled({ ...ready, image: changed(ready.image, colors) });
}

/** In sharp's own order. Its `greyscale` would lose alpha and leave one channel. */
function changed(image: Sharp, { brightness, contrast, saturation, gray, tint }: Colors): Sharp {
  if (gray || saturation !== 0) image.modulate({ saturation: gray ? 0 : 1 + saturation / 100 });
  if (brightness !== 0 || contrast !== 0) image.linear(1 + contrast / 100, (255 * brightness - 128 * contrast) / 100);
  return tint === null ? image : image.tint(`#${tint}`);
}
