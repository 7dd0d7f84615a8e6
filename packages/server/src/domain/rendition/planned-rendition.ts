import type { PublishedImage } from '../image/image.ts';
import { type ObjectKey, type RenditionKind, renditionKey } from '../image/object-key.ts';
import type { AcceptedFormats } from './accepted-formats.ts';
import { planRendition } from './plan-rendition.ts';
import type { Recipe } from './recipe.ts';
import { renditionName } from './rendition-name.ts';
import type { Transform } from './transform.ts';

/** One rendition of one image, and its object key. */
export interface PlannedRendition {
  readonly kind: RenditionKind;
  readonly recipe: Recipe;
  /** The last part of its key, by which its failures are counted. */
  readonly name: string;
  readonly key: ObjectKey;
}

export interface RenditionQuestion {
  readonly kind: RenditionKind;
  readonly transform: Transform;
  readonly accepted: AcceptedFormats;
  /** `Imaging.encoder`. */
  readonly encoder: string;
}

/** Errors: those of `planRendition`. */
export function plannedRendition(
  image: PublishedImage,
  { kind, transform, accepted, encoder }: RenditionQuestion,
): PlannedRendition {
  return plannedRecipe(image, { kind, recipe: planRendition(image, transform, accepted), encoder });
}

export function plannedRecipe(
  { id, sha256 }: PublishedImage,
  { kind, recipe, encoder }: Pick<PlannedRendition, 'kind' | 'recipe'> & Pick<RenditionQuestion, 'encoder'>,
): PlannedRendition {
  const name = renditionName(recipe, { sha256, encoder });
  return { kind, recipe, name, key: renditionKey(id, kind, name) };
}
