import { breakagesOf } from './breakage.ts';

export const ANSWERS = [
  ...breakagesOf('http/steps/cross-site-guard.ts', [
    ['any page may read', "site !== 'cross-site' ||", 'site.length > 0 ||'],
    ['no page may show a picture by its signed URL', '|images\\/[^/]+\\/render)', ')'],
    ['no page may read the documentation', '(?:docs|redoc)(?:\\/.*)?|', ''],
    [
      'a change from another port of this machine passes',
      "if (site === 'same-origin' ||",
      "if (site === 'same-site' ||",
    ],
  ]),
  ...breakagesOf('http/contract/problem.ts', [
    ['a problem has no request_id', 'request_id: requestId,', ''],
    ['a problem does not name fields', '...(error.errors.length > 0 && { errors: error.errors }),', ''],
    ['a problem leads nowhere', 'type: `/docs/problems#', 'type: `/docs/nothing#'],
    ['a wrong cursor is 404', "'invalid-cursor': { status: 400", "'invalid-cursor': { status: 404"],
    ['a stale revision is 409', "'revision-conflict': { status: 412", "'revision-conflict': { status: 409"],
  ]),
  ...breakagesOf('http/routes/health.ts', [
    ['readiness says nothing of itself', "const READY = { status: 'ok' }", "const READY = { status: 'degraded' }"],
  ]),
  ...breakagesOf('http/answers/answer.ts', [
    ['there is no X-Request-Id', "'x-request-id': c.get('requestId'), ", ''],
    ['there is no nosniff', "'x-content-type-options': 'nosniff',", ''],
    ['there is no Cross-Origin-Resource-Policy', "'cross-origin-resource-policy': 'same-site',", ''],
    ['a problem is plain JSON', "'content-type': 'application/problem+json',", "'content-type': 'application/json',"],
    ['JSON may be kept by shared caches', "'private, no-cache'", "'public, max-age=60'"],
    ['a JSON that holds a presigned URL may be kept', "'private, no-store'", "'private, no-cache'"],
  ]),
  ...breakagesOf('http/app.ts', [['405 has no Allow', 'addHeaders(c, { allow: allowed });', '']]),
  ...breakagesOf('http/exchange.ts', [
    ['every request has the same id', "'requestId', randomUUID()", "'requestId', 'same'"],
  ]),
  ...breakagesOf('http/steps/cross-site-guard.ts', [
    [
      'a strange Origin may change things',
      "throw new AppError('origin-not-allowed', `expected an origin",
      "if (origin) return undefined;\n      throw new AppError('origin-not-allowed', `expected an origin",
    ],
    ['a strange site may change things', "if (site === 'same-origin' || site === 'none')", 'if (site)'],
  ]),
  ...breakagesOf('http/steps/cors.ts', [
    ['any page may read answers', '!isAllowedOrigin(origin, allowed)', 'origin.length === 0'],
    ['no page may read headers', ", 'access-control-expose-headers': EXPOSED", ''],
  ]),
  ...breakagesOf('http/routes/docs.ts', [
    ['/docs has no policy', "{ 'content-security-policy': SWAGGER_UI_POLICY }", '{}'],
    ['/redoc is not there', "path: '/redoc',", "path: '/redoc-page',"],
  ]),
  ...breakagesOf('http/contract/problems-page.ts', [
    ['the entries of problems are no anchors', '<h3 id=', '<h3 data-id='],
  ]),
  ...breakagesOf('http/answers/asset.ts', [
    ['files of the documentation have no ETag', 'etag: entityTag, ', ''],
    ['files of the documentation have no Cache-Control', "'cache-control': REVALIDATED", "vary: 'Origin'"],
    [
      'files of the documentation are sent again and again',
      "if (verdict === 'not-modified')",
      "if (verdict === 'failed')",
    ],
  ]),
  ...breakagesOf('http/routes/health.ts', [
    ['GET / has no page for people', "header(c, 'accept')?.includes('text/html') === true", 'false'],
    ['the index does not tell what confines decoders', 'decoders: imaging.confinement()', "decoders: '' as never"],
    ['health is not ok', "jsonAnswer(c, { status: 'ok' }", "jsonAnswer(c, { status: 'running' }"],
  ]),
];
