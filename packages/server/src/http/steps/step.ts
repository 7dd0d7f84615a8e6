import type { RouteContext } from '../route.ts';

/** Done with a request before its route: it may leave something for that, refuse by throwing, or answer itself. */
export type Step = (c: RouteContext) => Response | undefined | Promise<Response | undefined>;
