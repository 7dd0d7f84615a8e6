import { AppError } from '../../domain/errors.ts';
import { truncated } from '../../text/preview.ts';
import { header } from '../request/header.ts';
import { isHealthPath } from '../request/health-path.ts';
import { type AllowedOrigins, isAllowedOrigin } from '../request/origins.ts';
import type { RouteContext } from '../route.ts';
import type { Step } from './step.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A foreign page must not change anything through its visitor's browser (CSRF), nor learn anything from the display, timing
 * or caching of an answer (XS-Leaks). Browsers report a request's origin. A page of the same site, which may be another
 * port of localhost, may show images, so it may read; a change needs an allowed origin.
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
      throw new AppError('origin-not-allowed', `expected an origin listed in CORS_ORIGINS; got ${truncated(origin)}`);
    }
    if (site === 'same-origin' || site === 'none') return;
    throw new AppError(
      'origin-not-allowed',
      `expected a request from an allowed page; got a ${truncated(site)} one without Origin`,
    );
  };

/** The documentation, health, and URLs whose signature decides, which may be shown on any page. */
const FOR_ANY_PAGE = /^\/(?:(?:docs|redoc)(?:\/.*)?|openapi\.json|images\/[^/]+\/(?:render|links\/[^/]+))$/;

export const isForAnyPage = (path: string): boolean => isHealthPath(path) || FOR_ANY_PAGE.test(path);

/** A followed link: its answer becomes the page, and the linking page can't read it. */
const isNavigation = (c: RouteContext): boolean =>
  c.req.method === 'GET' && header(c, 'sec-fetch-mode') === 'navigate' && header(c, 'sec-fetch-dest') === 'document';
