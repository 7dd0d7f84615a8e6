import { breakagesOf } from './breakage.ts';

export const ANSWERS = [
  ...breakagesOf('http/problem.ts', [
    ['a problem has no request_id', 'request_id: requestId,', ''],
    ['a problem does not name fields', '...(error.errors.length > 0 && { errors: error.errors }),', ''],
    ['a problem leads nowhere', 'type: `/docs/problems#', 'type: `/docs/nothing#'],
    ['a wrong cursor is 404', "'invalid-cursor': { status: 400", "'invalid-cursor': { status: 404"],
    ['a stale revision is 409', "'revision-conflict': { status: 412", "'revision-conflict': { status: 409"],
  ]),
  ...breakagesOf('http/app.ts', [
    ['a problem is plain JSON', "'Content-Type': 'application/problem+json',", "'Content-Type': 'application/json',"],
    ['405 has no Allow', "c.header('Allow', allowed);", ''],
  ]),
  ...breakagesOf('http/middleware/request-id.ts', [
    ['there is no X-Request-Id', "c.header('X-Request-Id', id);", ''],
    ['every request has the same id', 'const id = randomUUID();', "const id = randomUUID().replace(/./g, '0');"],
  ]),
  ...breakagesOf('http/middleware/security-headers.ts', [
    ['there is no nosniff', "c.header('X-Content-Type-Options', 'nosniff');", ''],
    ['there is no Cross-Origin-Resource-Policy', "c.header('Cross-Origin-Resource-Policy', 'same-site');", ''],
  ]),
  ...breakagesOf('http/middleware/cross-site-guard.ts', [
    [
      'a strange Origin may change things',
      "throw new AppError('origin-not-allowed', `expected an origin",
      "if (origin) return next();\n      throw new AppError('origin-not-allowed', `expected an origin",
    ],
    ['a strange site may change things', "if (site === 'same-origin' || site === 'none')", 'if (site)'],
  ]),
  ...breakagesOf('http/middleware/cors.ts', [
    ['any page may read answers', '!isAllowedOrigin(origin, allowed)', 'origin.length === 0'],
    ['no page may read headers', "c.header('Access-Control-Expose-Headers', EXPOSED);", ''],
  ]),
  ...breakagesOf('http/routes/docs.ts', [
    ['/docs has no policy', "'Content-Security-Policy': SWAGGER_UI_POLICY }", '}'],
    ['/redoc is not there', "path: '/redoc',", "path: '/redoc-page',"],
  ]),
  ...breakagesOf('http/routes/health.ts', [
    ['GET / has no page for people', "c.req.header('accept')?.includes('text/html') === true", 'false'],
    ['health is not ok', "c.json({ status: 'ok' }", "c.json({ status: 'running' }"],
  ]),
];
