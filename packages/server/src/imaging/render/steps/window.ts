import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { Region } from '../../../domain/rendition/transform.ts';
import { fromPixels, type Picture, toPixels } from '../picture.ts';

type Sought = Extract<Recipe['window'], { readonly find: string }>;

export async function window(picture: Picture, recipe: Recipe): Promise<Picture> {
  if (!recipe.window) return picture;
  const { width, height } = recipe.window;
  if (!('find' in recipe.window)) return cut(picture, recipe.window);
  if (picture.frames > 1) return cutAlike(picture, recipe.window);
  const image = picture.image.resize({ width, height, fit: 'cover', position: recipe.window.find });
  return { ...picture, image, size: { width, height } };
}

function cut(picture: Picture, region: Region): Picture {
  const { left, top, width, height } = region;
  return { ...picture, image: picture.image.extract({ left, top, width, height }), size: { width, height } };
}

/** Finds the window in the first frame and cuts it out of every frame. */
async function cutAlike(picture: Picture, { width, height, find }: Sought): Promise<Picture> {
  const pixels = await toPixels(picture);
  const first = fromPixels({
    ...pixels,
    frames: 1,
    data: pixels.data.subarray(0, pixels.width * pixels.height * pixels.channels),
  });
  const { info } = await first.image
    .resize({ width, height, fit: 'cover', position: find })
    .raw()
    .toBuffer({ resolveWithObject: true });
  // sharp gives the image's position relative to the window
  const region = { left: -(info.cropOffsetLeft ?? 0), top: -(info.cropOffsetTop ?? 0), width, height };
  const whole = fromPixels(pixels);
  return cut({ ...whole, image: whole.image.resize({ ...whole.size, fit: 'fill' }) }, region);
}
