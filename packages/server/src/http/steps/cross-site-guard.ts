import { AppError } from '../../domain/errors.ts';
import { cut } from '../../domain/shown.ts';
import { header } from '../header.ts';
import { isHealthPath } from '../health-path.ts';
import { type AllowedOrigins, isAllowedOrigin } from '../origins.ts';
import type { RouteContext } from '../route.ts';
import type { Step } from './step.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A foreign page must not change anything through its visitor's browser (CSRF), nor learn anything from how an answer is shown,
 * timed or cached (XS-Leaks): browsers say where a request is from. A page of the same site, which may be another port of
 * localhost, may show pictures, so it may read; a change needs an allowed origin.
 */
export const crossSiteGuard =
  (allowed: AllowedOrigins): Step =>
  (c) => {
    const site = header(c, 'sec-fetch-site') ?? 'none';
    const isRead = SAFE_METHODS.includes(c.req.method);
    if (isRead && (site !== 'cross-site' || isForAnyPage(c.req.path) || isNavigation(c))) return;
    const origin = header(c, 'origin');
    if (origin !== undefined) {
      if (origin === c.get('publicOrigin') || isAllowedOrigin(origin, allowed)) return;
      throw new AppError('origin-not-allowed', `expected an origin listed in CORS_ORIGINS; got ${cut(origin)}`);
    }
    if (site === 'same-origin' || site === 'none') return;
    throw new AppError(
      'origin-not-allowed',
      `expected a request from an allowed page; got a ${cut(site)} one without Origin`,
    );
  };

/** The documentation, health, and pictures by signed URL, which are made to be shown anywhere. */
const FOR_ANY_PAGE = /^\/(?:(?:docs|redoc)(?:\/.*)?|openapi\.json|images\/[^/]+\/render)$/;

export const isForAnyPage = (path: string): boolean => isHealthPath(path) || FOR_ANY_PAGE.test(path);

/** A link that was followed, whose answer becomes the page: the one it was on sees nothing of it. */
const isNavigation = (c: RouteContext): boolean =>
  c.req.method === 'GET' && header(c, 'sec-fetch-mode') === 'navigate' && header(c, 'sec-fetch-dest') === 'document';
