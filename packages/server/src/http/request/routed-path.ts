import { getPath } from 'hono/utils/url';

/** Here the last slash counts: keys of objects, and the files of the documentation. */
const EXACT = /^\/(?:objects\/.*|openapi\.json\/|(?:docs|redoc)\/[^/]+\.\w+\/)$/s;

/**
 * The path that the router and the guards see: without one slash at its end, because earlier clients also send
 * `/images/`.
 */
export function routedPath(request: Request): string {
  const path = getPath(request);
  const hasSlash = path.length > 1 && path.endsWith('/') && !path.endsWith('//');
  return hasSlash && !EXACT.test(path) ? path.slice(0, -1) : path;
}
