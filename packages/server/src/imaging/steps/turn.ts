import type { Sharp } from 'sharp';
import type { Recipe } from '../../domain/recipe.ts';
import { eachFrame, type Picture, settled } from '../picture.ts';
import { asAsked, NO_TURN, type Turn, turned, turnedSize } from '../turn.ts';

/** Orientation, rotation and flip in one: together they are two mirrors and a quarter turn at most. */
export async function turn(picture: Picture, recipe: Recipe): Promise<Picture> {
  const whole = turned(picture.turn, asAsked(recipe));
  const change = (image: Sharp): Sharp =>
    image
      .flip(whole.flip)
      .flop(whole.flop)
      .rotate(whole.quarter ? 90 : 0);
  const isTall = picture.frames > 1 && (whole.flip || whole.quarter);
  if (isTall) return eachFrame(picture, change); // which settles it
  const seen = { ...picture, image: change(picture.image), turn: NO_TURN, size: turnedSize(picture.size, whole) };
  return mustBeSeen(whole, picture, recipe) ? settled(seen) : seen;
}

/**
 * Where a window is to be found after a quarter turn, sharp turns all of the source first; it would look for it in CMYK; and
 * it writes the source's orientation into an AVIF.
 */
function mustBeSeen(whole: Turn, picture: Picture, { window }: Recipe): boolean {
  if (window && 'find' in window && (whole.quarter || picture.needsSettling)) return true;
  return picture.format === 'avif' && picture.mayBeTagged;
}
