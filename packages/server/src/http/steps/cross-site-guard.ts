import { AppError } from '../../domain/errors.ts';
import { header } from '../header.ts';
import { type AllowedOrigins, isAllowedOrigin } from '../origins.ts';
import type { Step } from './step.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** A foreign page must not change anything through its visitor's browser (CSRF): browsers say where a request is from. */
export const crossSiteGuard =
  (allowed: AllowedOrigins): Step =>
  (c) => {
    if (SAFE_METHODS.includes(c.req.method)) return undefined;
    const origin = header(c, 'origin');
    if (origin !== undefined) {
      if (origin === c.get('publicOrigin') || isAllowedOrigin(origin, allowed)) return undefined;
      throw new AppError('origin-not-allowed', `expected an origin listed in CORS_ORIGINS; came ${origin}`);
    }
    const site = header(c, 'sec-fetch-site') ?? 'none';
    if (site === 'same-origin' || site === 'none') return undefined;
    throw new AppError('origin-not-allowed', `expected a request of our own pages; came a ${site} one without Origin`);
  };
