import type { Inspection, Rendered } from '../imaging.ts';
import type { InspectJob } from '../inspect/inspect.ts';
import type { RenderJob } from '../render/render.ts';

/** What a decode process is asked to do. */
export type DecodeJob = ({ readonly kind: 'inspect' } & InspectJob) | ({ readonly kind: 'render' } & RenderJob);

/** What it answers: an inspection, or of a render what became of each output. */
export type DecodeResult = Inspection | readonly Rendered[];
