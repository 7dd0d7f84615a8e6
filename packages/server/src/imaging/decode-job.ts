import type { InspectJob } from './inspect.ts';
import type { RenderJob } from './render.ts';

/** What a decode process is asked to do. */
export type DecodeJob = ({ readonly kind: 'inspect' } & InspectJob) | ({ readonly kind: 'render' } & RenderJob);
