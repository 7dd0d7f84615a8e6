/** Whether anyone may see an image's presets. Nothing else of a public image is open. */
export const VISIBILITIES = ['private', 'public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];
