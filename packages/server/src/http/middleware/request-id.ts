import { randomUUID } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../route.ts';

/** Ours, never the client's: it ties an answer to its line in the log. */
export const requestId = () =>
  createMiddleware<AppEnv>((c, next) => {
    const id = randomUUID();
    c.set('requestId', id);
    c.header('X-Request-Id', id);
    return next();
  });
