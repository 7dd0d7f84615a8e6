import { createMiddleware } from 'hono/factory';
import { AppError } from '../../domain/errors.ts';
import type { AppEnv } from '../route.ts';
import { type AllowedOrigins, isAllowedOrigin } from './origins.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** A foreign page must not change anything through its visitor's browser (CSRF): browsers say where a request is from. */
export const crossSiteGuard = (allowed: AllowedOrigins) =>
  createMiddleware<AppEnv>((c, next) => {
    if (SAFE_METHODS.includes(c.req.method)) return next();
    const origin = c.req.header('origin');
    if (origin !== undefined) {
      if (origin === c.get('publicOrigin') || isAllowedOrigin(origin, allowed)) return next();
      throw new AppError('origin-not-allowed', `expected an origin listed in CORS_ORIGINS; came ${origin}`);
    }
    const site = c.req.header('sec-fetch-site') ?? 'none';
    if (site === 'same-origin' || site === 'none') return next();
    throw new AppError('origin-not-allowed', `expected a request of our own pages; came a ${site} one without Origin`);
  });
