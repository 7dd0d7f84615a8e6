import type { Inspection, Rendered } from '../imaging.ts';
import type { InspectJob } from '../inspect/inspect.ts';
import type { RenderJob } from '../render/render.ts';

/** A request to a decode process. */
export type DecodeJob = ({ readonly kind: 'inspect' } & InspectJob) | ({ readonly kind: 'render' } & RenderJob);

/** The answer: an inspection, or for a render the result of each output. */
export type DecodeResult = Inspection | readonly Rendered[];
