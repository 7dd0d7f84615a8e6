import { addHeaders, answer } from '../answers/answer.ts';
import { header } from '../request/header.ts';
import { type AllowedOrigins, isAllowedOrigin } from '../request/origins.ts';
import type { Step } from './step.ts';

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
export const cors =
  (allowed: AllowedOrigins): Step =>
  (c) => {
    const origin = header(c, 'origin');
    if (origin === undefined || !isAllowedOrigin(origin, allowed)) return undefined;
    addHeaders(c, { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });

    const wanted = header(c, 'access-control-request-method');
    if (c.req.method !== 'OPTIONS' || wanted === undefined) return undefined;
    return answer(c, null, 204, {
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': header(c, 'access-control-request-headers') ?? '',
      'access-control-max-age': PREFLIGHT_SECONDS,
    });
  };
