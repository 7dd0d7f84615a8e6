import type { Sharp } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import { eachFrame, type Picture, settled } from '../picture.ts';
import { asAsked, NO_TURN, type Turn, turned, turnedSize } from '../turn.ts';

/** Combines orientation, rotation and flip: together at most two mirrors and a quarter turn. */
export async function turn(picture: Picture, recipe: Recipe): Promise<Picture> {
  const whole = turned(picture.turn, asAsked(recipe));
  const change = (image: Sharp): Sharp =>
    image
      .flip(whole.flip)
      .flop(whole.flop)
      .rotate(whole.quarter ? 90 : 0);
  const isTall = picture.frames > 1 && (whole.flip || whole.quarter);
  if (isTall) return eachFrame(picture, change); // runs frame by frame
  const seen = { ...picture, image: change(picture.image), turn: NO_TURN, size: turnedSize(picture.size, whole) };
  return mustBeSeen(whole, picture, recipe) ? settled(seen) : seen;
}

/**
 * For a smart window after a quarter turn, sharp would rotate the whole source first, search in CMYK, and write the
 * source's orientation into an AVIF.
 */
function mustBeSeen(whole: Turn, picture: Picture, { window }: Recipe): boolean {
  if (window && 'find' in window && (whole.quarter || picture.needsSettling)) return true;
  return picture.format === 'avif' && picture.mayBeTagged;
}
