import type { AcceptedFormats } from '../domain/accepted-formats.ts';
import type { ReadyImage } from '../domain/image.ts';
import { type ObjectKey, type RenditionKind, renditionKey } from '../domain/object-key.ts';
import { planRendition } from '../domain/plan-rendition.ts';
import type { Recipe } from '../domain/recipe.ts';
import { rememberEach } from '../domain/remember.ts';
import { renditionName } from '../domain/rendition.ts';
import type { Transform } from '../domain/transform.ts';
import type { Services } from '../services.ts';

/** One rendition of one image, and where it is stored. */
export interface PlannedRendition {
  readonly kind: RenditionKind;
  readonly recipe: Recipe;
  /** The last part of its key: by this its failures are counted. */
  readonly name: string;
  readonly key: ObjectKey;
}

/** Decided once for each record as it was read: the same pictures are asked for again and again. Errors: those of `planRendition`. */
export const plannedRendition = (
  { imaging }: Pick<Services, 'imaging'>,
  image: ReadyImage,
  { kind, transform, accepted }: { kind: RenditionKind; transform: Transform; accepted: AcceptedFormats },
): PlannedRendition => PLANS[kind](imaging)(image)(transform)(accepted);

const plansOf = (kind: RenditionKind) =>
  rememberEach(({ encoder }: Services['imaging']) =>
    rememberEach((image: ReadyImage) =>
      rememberEach((transform: Transform) =>
        rememberEach((accepted: AcceptedFormats): PlannedRendition => {
          const recipe = planRendition(image, transform, accepted);
          const name = renditionName(recipe, { sha256: image.sha256, encoder });
          return { kind, recipe, name, key: renditionKey(image.id, kind, name) };
        }),
      ),
    ),
  );

const PLANS = { preset: plansOf('preset'), free: plansOf('free') } as const;
