import type { PublishedImage } from '../image/image.ts';
import { type ObjectKey, type RenditionKind, renditionKey, renditionNamePrefix } from '../image/object-key.ts';
import type { AcceptedFormats } from './accepted-formats.ts';
import { planRendition } from './plan-rendition.ts';
import type { Recipe } from './recipe.ts';
import { renditionName } from './rendition-name.ts';
import type { Transform } from './transform.ts';
import type { Mark } from './watermark.ts';

/** One rendition of one image, and its object key. */
export interface PlannedRendition {
  readonly kind: RenditionKind;
  readonly recipe: Recipe;
  /** The image of its watermark; null: it has none. */
  readonly mark: Mark | null;
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
  readonly mark: Mark | null;
}

/** Errors: those of `planRendition`. */
export function plannedRendition(
  image: PublishedImage,
  { kind, transform, accepted, encoder, mark }: RenditionQuestion,
): PlannedRendition {
  return plannedRecipe(image, { kind, recipe: planRendition(image, transform, accepted, mark), encoder, mark });
}

export function plannedRecipe(
  { id, sha256, objectKey }: PublishedImage,
  {
    kind,
    recipe,
    encoder,
    mark,
  }: Pick<PlannedRendition, 'kind' | 'recipe' | 'mark'> & Pick<RenditionQuestion, 'encoder'>,
): PlannedRendition {
  const name = `${renditionNamePrefix(objectKey)}${renditionName(recipe, { sha256, encoder })}`;
  return { kind, recipe, mark, name, key: renditionKey(id, kind, name) };
}
