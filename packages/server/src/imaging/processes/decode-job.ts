import type { ReadFacts } from '../../domain/facts/facts.ts';
import type { FactsJob } from '../facts/read-facts.ts';
import type { Inspection, Rendered } from '../imaging.ts';
import type { InspectJob } from '../inspect/inspect.ts';
import type { RenderJob } from '../render/render.ts';

/** A request to a decode process. */
export type DecodeJob =
  | ({ readonly kind: 'inspect' } & InspectJob)
  | ({ readonly kind: 'facts' } & FactsJob)
  | ({ readonly kind: 'render' } & RenderJob);

/** The answer: an inspection, facts, or for a render the result of each output. */
export type DecodeResult = Inspection | ReadFacts | readonly Rendered[];
