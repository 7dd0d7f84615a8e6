import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../route.ts';
import { type AllowedOrigins, isAllowedOrigin } from './origins.ts';

const EXPOSED = 'Content-Disposition, Content-Length, Content-Range, ETag, Link, Location, Retry-After, X-Request-Id';
const PREFLIGHT_SECONDS = '600';

/** CORS for the allowed origins, never `*`. Hono's own sets headers in a way that costs the quick response path. */
export const cors = (allowed: AllowedOrigins) =>
  createMiddleware<AppEnv>((c, next) => {
    c.header('Vary', 'Origin');
    const origin = c.req.header('origin');
    if (origin === undefined || !isAllowedOrigin(origin, allowed)) return next();
    c.header('Access-Control-Allow-Origin', origin);
    c.header('Access-Control-Expose-Headers', EXPOSED);

    const wanted = c.req.header('access-control-request-method');
    if (c.req.method !== 'OPTIONS' || wanted === undefined) return next();
    c.header('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
    c.header('Access-Control-Allow-Headers', c.req.header('access-control-request-headers') ?? '');
    c.header('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    return Promise.resolve(c.body(null, 204));
  });
