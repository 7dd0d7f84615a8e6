/** The attacks on the service, one at a time. */
export const SCENES = ['bombs', 'slow bodies', 'idle sockets', 'texts'] as const;
export type Scene = (typeof SCENES)[number];
