import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../route.ts';

/** Set before the handler runs: touching headers afterwards costs node-server's quick response path. */
export const securityHeaders = () =>
  createMiddleware<AppEnv>((c, next) => {
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cross-Origin-Resource-Policy', 'same-site');
    c.header('Referrer-Policy', 'no-referrer');
    return next();
  });
