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
import type { Watermarks } from '../../domain/rendition/watermarks.ts';

/** A requested rendition. */
export interface AskedRendition<Of extends PublishedImage> extends Omit<RenditionQuestion, 'encoder' | 'mark'> {
  readonly image: Of;
}

/** For callers that ask for renditions. */
export interface RenditionPlans {
  /**
   * Planned once for each record: the same pictures are asked for again and again. One with a watermark is planned each
   * time, because its image may be gone. Errors: those of `planRendition` and `Watermarks.require`.
   */
  readonly planOf: (asked: AskedRendition<PublishedImage>) => Promise<PlannedRendition>;
}

/** Keeps a plan as long as its image and its transform are in memory. */
export function createRenditionPlans(encoder: string, watermarks: Pick<Watermarks, 'require'>): RenditionPlans {
  const plansOf = (kind: RenditionKind) =>
    rememberEach((image: PublishedImage) =>
      rememberEach((transform: Transform) =>
        rememberEach((accepted: AcceptedFormats) =>
          plannedRendition(image, { kind, transform, accepted, encoder, mark: null }),
        ),
      ),
    );
  const plans = { preset: plansOf('preset'), free: plansOf('free') } satisfies Record<RenditionKind, unknown>;
  return {
    async planOf({ image, ...asked }) {
      const { kind, transform, accepted } = asked;
      if (transform.watermark === null) return plans[kind](image)(transform)(accepted);
      return plannedRendition(image, { ...asked, encoder, mark: await watermarks.require(transform) });
    },
  };
}
