import type { Recipe } from '../../domain/rendition/recipe.ts';
import { MAX_RESULT_SIDE, type Region } from '../../domain/rendition/transform.ts';

/** The minimum ratio of a source picture to its result: scaling twice by small factors loses sharpness. */
const MIN_RATIO = 1.5;

/** Source pictures are held in memory, at four bytes a pixel. */
const MAX_HELD_PIXELS = MAX_RESULT_SIDE ** 2;

/** Maps a recipe to the one whose scaled picture it starts from; recipes without an entry start from the source. */
export function planCascade(recipes: readonly Recipe[]): ReadonlyMap<Recipe, Recipe> {
  const smallestFirst = recipes.toSorted((one, other) => areaOf(one) - areaOf(other));
  const larger = new Map<Recipe, Recipe>();
  for (const recipe of recipes) {
    const base = smallestFirst.find((other) => serves(other, recipe));
    if (base) larger.set(recipe, base);
  }
  return larger;
}

const areaOf = ({ scaled }: Recipe): number => (scaled ? scaled.width * scaled.height : 0);

function serves(other: Recipe, recipe: Recipe): boolean {
  if (
    other.trim ||
    recipe.trim ||
    !other.scaled ||
    !recipe.scaled ||
    recipe.page === null ||
    areaOf(other) > MAX_HELD_PIXELS
  )
    return false;
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
