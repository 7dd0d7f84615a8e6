import { createMiddleware } from 'hono/factory';
import { createGate } from '../gate.ts';
import type { AppEnv } from '../route.ts';

/** Four bodies of 7 MB cost about 150 MB while they are decoded; who waits has not been read yet. */
const LIMITS = { width: 4, maxWaiting: 64 };

/** One gate for the whole app: routes that must hold a large body whole go through it. */
export const largeBodies = () => {
  const gate = createGate(LIMITS);
  return createMiddleware<AppEnv>((c, next) => {
    c.set('largeBodies', gate);
    return next();
  });
};
