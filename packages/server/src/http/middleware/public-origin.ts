import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../route.ts';

/** What the client calls us: PUBLIC_URL, else the Host it asked. */
export const publicOrigin = (publicUrl: string | null) =>
  createMiddleware<AppEnv>((c, next) => {
    c.set('publicOrigin', publicUrl ?? `http://${c.req.header('host') ?? new URL(c.req.url).host}`);
    return next();
  });
