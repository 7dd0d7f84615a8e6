/** The attacks on the service, one at a time. */
export const SCENES = ['bombs', 'slow bodies', 'idle sockets', 'texts'] as const;
/** Floods against which `shares` measures another caller. */
export const FLOODS = ['bombs', 'slow bodies', 'grants'] as const;

export type Flood = (typeof FLOODS)[number];
export type Scene = (typeof SCENES)[number];
