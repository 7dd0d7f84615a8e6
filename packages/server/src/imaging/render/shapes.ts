import { IMAGE_FORMATS } from '../../domain/image/media-type.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { RenderSource } from '../imaging.ts';
import { planCascade } from './cascade.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from './picture.ts';
import { shape } from './pipeline.ts';
import { type Loading, load } from './steps/load.ts';
import { trimmed } from './trim.ts';

/**
 * The scaled pictures of several recipes: from the source, or from the pixels of a larger one, which are then made
 * once. A picture that isn't a source of others is never held.
 */
export function createShapes(recipes: readonly Recipe[], loading: Loading): (recipe: Recipe) => Promise<Shaped> {
  const larger = planCascade(recipes, loading.header);
  const isShared = new Set(larger.values());
  const made = new Map<Recipe, Promise<Pixels>>();

  const fresh = async (recipe: Recipe): Promise<Picture> => {
    const base = larger.get(recipe);
    if (!base) return shape(load(loading, recipe), recipe);
    return shape(fromPixels(await pixels(base)), { ...recipe, ...BEHIND });
  };
  const pixels = (recipe: Recipe): Promise<Pixels> => {
    const known = made.get(recipe) ?? fresh(recipe).then(toPixels);
    made.set(recipe, known);
    return known;
  };

  const shaped = async (recipe: Recipe): Promise<Shaped> => {
    if (!recipe.trim)
      return { picture: isShared.has(recipe) ? fromPixels(await pixels(recipe)) : await fresh(recipe), recipe };
    const { picture, recipe: decided } = await trimmed(load(loading, recipe), recipe);
    return { picture: await shape(picture, decided), recipe: decided };
  };

  return async (recipe) => {
    const { picture, recipe: decided } = await shaped(recipe);
    return { picture: { ...picture, format: formatOf(recipe, loading.source) }, recipe: decided };
  };
}

/** A picture in the shape of its recipe. */
interface Shaped {
  readonly picture: Picture;
  /** Without a trim, which the pixels have decided. */
  readonly recipe: Recipe;
}

/** The operations that the pixels of a larger picture already include. */
const BEHIND = { crop: null, rotate: 0, flip: 'none' } as const;

/** The pixels decide, unless the source's format does. */
function formatOf({ format }: Recipe, { contentType }: RenderSource): Recipe['format'] {
  return format === 'plain' && IMAGE_FORMATS[contentType].plainRendition === 'png' ? 'png' : format;
}
