import type { RouteContext } from './route.ts';

/** The query's parameters, decoded. */
export const queryOf = (c: RouteContext): URLSearchParams =>
  c.req.url.includes('?') ? new URL(c.req.url).searchParams : new URLSearchParams();
