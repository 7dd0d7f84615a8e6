import { createMiddleware } from 'hono/factory';
import type { AppEnv, RouteContext } from '../route.ts';

/** Done with a request before its route: it may leave something for that, refuse by throwing, or answer itself. */
export type Step = (c: RouteContext) => Response | undefined | Promise<undefined>;

/** Steps, one after the other, as one middleware: in Hono's own chain each would cost every request several promises. */
export const steps = (...all: readonly Step[]) =>
  createMiddleware<AppEnv>(async (c, next) => {
    for (const step of all) {
      const result = step(c);
      const early = result instanceof Promise ? await result : result;
      if (early) return early;
    }
    return next();
  });
