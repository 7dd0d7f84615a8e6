import type { RouteContext } from '../route.ts';

/** Runs before a request's route: it may set values, throw, or answer. */
export type Step = (c: RouteContext) => Response | undefined | Promise<Response | undefined>;
