import type { components } from '../openapi.ts';

/** An image, as the service describes it. */
export type Image = components['schemas']['Image'];
export type ShareLink = components['schemas']['ShareLink'];
export type RenderUrl = components['schemas']['RenderLink'];
