import type { PublishedImage } from '../../domain/image/image.ts';
import type { RenditionKind } from '../../domain/image/object-key.ts';
import { rememberEach } from '../../domain/remember.ts';
import type { AcceptedFormats } from '../../domain/rendition/accepted-formats.ts';
import {
  type PlannedRendition,
  plannedRendition,
  type RenditionQuestion,
} from '../../domain/rendition/planned-rendition.ts';
import type { Transform } from '../../domain/rendition/transform.ts';

/** A requested rendition. */
export interface AskedRendition<Of extends PublishedImage> extends Omit<RenditionQuestion, 'encoder'> {
  readonly image: Of;
}

/** For callers that ask for renditions. */
export interface RenditionPlans {
  /**
   * Planned once for each record: the same pictures are asked for again and again. Errors: those of `planRendition`.
   */
  readonly planOf: (asked: AskedRendition<PublishedImage>) => PlannedRendition;
}

/** Keeps a plan as long as its image and its transform are in memory. */
export function createRenditionPlans(encoder: string): RenditionPlans {
  const plansOf = (kind: RenditionKind) =>
    rememberEach((image: PublishedImage) =>
      rememberEach((transform: Transform) =>
        rememberEach((accepted: AcceptedFormats) => plannedRendition(image, { kind, transform, accepted, encoder })),
      ),
    );
  const plans = { preset: plansOf('preset'), free: plansOf('free') } satisfies Record<RenditionKind, unknown>;
  return { planOf: ({ image, kind, transform, accepted }) => plans[kind](image)(transform)(accepted) };
}
