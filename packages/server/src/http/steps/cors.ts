import { addHeaders, answer } from '../answers/answer.ts';
import { header } from '../request/header.ts';
import { type AllowedOrigins, isAllowedOrigin } from '../request/origins.ts';
import type { Step } from './step.ts';
import { createUnlistedOrigins } from './unlisted-origins.ts';

const EXPOSED = [
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
].join(', ');
const PREFLIGHT_SECONDS = '600';

/** CORS for the allowed origins, never `*`. */
export function cors(allowed: AllowedOrigins, services: Parameters<typeof createUnlistedOrigins>[0]): Step {
  const report = createUnlistedOrigins(services);
  return (c) => {
    const origin = header(c, 'origin');
    if (origin === undefined) return undefined;
    const isPreflight = c.req.method === 'OPTIONS' && header(c, 'access-control-request-method') !== undefined;
    if (!isAllowedOrigin(origin, allowed)) {
      if (isPreflight) report(origin);
      return undefined;
    }
    addHeaders(c, { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
    if (!isPreflight) return undefined;
    return answer(c, null, 204, {
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': header(c, 'access-control-request-headers') ?? '',
      'access-control-max-age': PREFLIGHT_SECONDS,
    });
  };
}
