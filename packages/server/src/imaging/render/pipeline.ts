import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Picture, Pixels } from './picture.ts';
import { background } from './steps/background.ts';
import { blur } from './steps/blur.ts';
import { canvas } from './steps/canvas.ts';
import { colors } from './steps/colors.ts';
import { crop } from './steps/crop.ts';
import { type Encoded, encode } from './steps/encode.ts';
import { format } from './steps/format.ts';
import { pixelate } from './steps/pixelate.ts';
import { radius } from './steps/radius.ts';
import { scale } from './steps/scale.ts';
import { sharpen } from './steps/sharpen.ts';
import { turn } from './steps/turn.ts';
import { watermark } from './steps/watermark.ts';
import { window } from './steps/window.ts';

type Step = (picture: Picture, recipe: Recipe) => Picture | Promise<Picture>;

/** Up to the displayed size: the picture that smaller ones can be made from. */
const SHAPE: readonly Step[] = [crop, scale, turn];

const FINISH: readonly Step[] = [window, format, pixelate, colors, canvas, background, blur, sharpen];

/**
 * The steps of a recipe in order, with turning as the last of its shape. Each adds operations for sharp, in sharp's own
 * order; otherwise it requests pixels first. Usually the whole is one pass.
 */
export const shape = (picture: Picture, recipe: Recipe): Promise<Picture> => through(SHAPE, picture, recipe);

/** `mark`: the pixels of the recipe's watermark. */
export const finish = async (picture: Picture, recipe: Recipe, mark: Pixels | null): Promise<Encoded> =>
  encode(await radius(await watermark(await through(FINISH, picture, recipe), recipe, mark), recipe), recipe);

async function through(steps: readonly Step[], picture: Picture, recipe: Recipe): Promise<Picture> {
  let current = picture;
  for (const step of steps) current = await step(current, recipe);
  return current;
}
