import type { Recipe } from '../../domain/rendition/recipe.ts';
import { MAX_RESULT_SIDE, type Region, type Size } from '../../domain/rendition/transform.ts';
import { isLarger } from './steps/scale.ts';
import { asAsked, turnedSize } from './turn.ts';

/** The minimum ratio of a source picture to its result: scaling twice by small factors loses sharpness. */
const MIN_RATIO = 1.5;

/** Source pictures are held in memory, at four bytes a pixel. */
const MAX_HELD_PIXELS = MAX_RESULT_SIDE ** 2;

/**
 * Maps a recipe to the one whose scaled picture it starts from; recipes without an entry start from the source, which
 * is seen in this size. Another picture that started from an enlarged one would be blurred.
 */
export function planCascade(recipes: readonly Recipe[], seen: Size): ReadonlyMap<Recipe, Recipe> {
  const smallestFirst = recipes
    .filter((one) => !isEnlarged(one, seen))
    .toSorted((one, other) => areaOf(one) - areaOf(other));
  const larger = new Map<Recipe, Recipe>();
  for (const recipe of recipes) {
    const base = smallestFirst.find((other) => serves(other, recipe));
    if (base) larger.set(recipe, base);
  }
  return larger;
}

const areaOf = ({ scaled }: Recipe): number => (scaled ? scaled.width * scaled.height : 0);

function isEnlarged(recipe: Recipe, seen: Size): boolean {
  const part = turnedSize(recipe.crop ?? seen, asAsked(recipe));
  return recipe.scaled !== null && isLarger(recipe.scaled, part);
}

function serves(other: Recipe, recipe: Recipe): boolean {
  if (!other.scaled || !recipe.scaled || recipe.page === null || areaOf(other) > MAX_HELD_PIXELS) return false;
  const { width, height } = recipe.scaled;
  if (other.scaled.width < width * MIN_RATIO || other.scaled.height < height * MIN_RATIO) return false;
  return (
    recipe.page === other.page &&
    recipe.rotate === other.rotate &&
    recipe.flip === other.flip &&
    isSameRegion(recipe.crop, other.crop)
  );
}

const isSameRegion = (one: Region | null, other: Region | null): boolean =>
  one === other ||
  (one !== null &&
    other !== null &&
    one.left === other.left &&
    one.top === other.top &&
    one.width === other.width &&
    one.height === other.height);
