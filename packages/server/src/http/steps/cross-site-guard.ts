import { AppError } from '../../domain/errors.ts';
import { truncated } from '../../text/preview.ts';
import { header } from '../request/header.ts';
import { isHealthPath } from '../request/health-path.ts';
import { type AllowedOrigins, isAllowedOrigin } from '../request/origins.ts';
import type { RouteContext } from '../route.ts';
import type { Step } from './step.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A foreign page must not change anything through its visitor's browser (CSRF), nor learn anything from the display,
 * timing or caching of an answer (XS-Leaks). Browsers report a request's origin. A page of the same site, which may be
 * another port of localhost, may show images, so it may read; a change needs an allowed origin.
 *
 * Pages of any origin may show presets. With authentication a request has no rights but those of the credential or the
 * signature that its page sends, so presets need no guard. In open mode every request has all rights, so a foreign page
 * counts as an anonymous caller.
 */
export const crossSiteGuard =
  (allowed: AllowedOrigins, { authenticates }: { readonly authenticates: boolean }): Step =>
  (c) => {
    const site = header(c, 'sec-fetch-site') ?? 'none';
    const isRead = SAFE_METHODS.includes(c.req.method);
    if (isRead && (site !== 'cross-site' || isForAnyPage(c.req.path) || isNavigation(c))) return;
    const origin = header(c, 'origin');
    const isAllowed =
      origin === undefined
        ? site === 'same-origin' || site === 'none'
        : origin === c.get('publicOrigin') || isAllowedOrigin(origin, allowed);
    const isOfPreset = (c.req.method === 'GET' || c.req.method === 'HEAD') && PRESET.test(c.req.path);
    if (isAllowed || (isOfPreset && authenticates)) return;
    const detail =
      origin === undefined
        ? `expected a request from an allowed page; got a ${truncated(site)} one without Origin`
        : `expected an origin listed in CORS_ORIGINS; got ${truncated(origin)}`;
    const refusal = new AppError('origin-not-allowed', detail);
    if (!isOfPreset) throw refusal;
    c.set('refusal', refusal);
  };

/** The documentation, health, and URLs whose signature decides, which may be shown on any page. */
const FOR_ANY_PAGE =
  /^\/(?:(?:docs|redoc)(?:\/.*)?|openapi\.json|images\/[^/]+\/(?:render|links\/[^/]+)|albums\/[^/]+\/links\/[^/]+\/images\/[^/]+\/(?:renditions\/[^/]+|download))$/;
const PRESET = /^\/images\/[^/]+\/renditions\/[^/]+$/;

export const isForAnyPage = (path: string): boolean => isHealthPath(path) || FOR_ANY_PAGE.test(path);

/** A followed link: its answer becomes the page, and the linking page can't read it. */
const isNavigation = (c: RouteContext): boolean =>
  c.req.method === 'GET' && header(c, 'sec-fetch-mode') === 'navigate' && header(c, 'sec-fetch-dest') === 'document';
