import { breakagesOf } from './breakage.ts';

export const ANSWERS = [
  ...breakagesOf('http/steps/cross-site-guard.ts', [
    ['cross-site pages may read responses', "site !== 'cross-site' ||", 'site.length > 0 ||'],
    ['cross-site pages may not show signed renders', 'render|links', 'links'],
    ['cross-site pages may not read the documentation', '(?:docs|redoc)(?:\\/.*)?|', ''],
    ['a same-site page may change data', "? site === 'same-origin' ||", "? site === 'same-site' ||"],
  ]),
  ...breakagesOf('http/problem.ts', [
    ['a problem has no request_id', 'request_id: requestId,', ''],
    ['a problem has no params', '...(params && { params }),', ''],
    ['a problem has no errors', '...(error.errors.length > 0 && { errors: error.errors }),', ''],
    ['the type of a problem is a wrong URL', 'type: `/docs/problems#', 'type: `/docs/nothing#'],
    ['an invalid cursor is 404', "'invalid-cursor': { status: 400", "'invalid-cursor': { status: 404"],
    ['a stale revision is 409', "'revision-conflict': { status: 412", "'revision-conflict': { status: 409"],
  ]),
  ...breakagesOf('http/pages/gallery.ts', [
    ["the gallery's files are never compressed", "acceptsGzip(c) ? 'gzip' : 'identity'", "'identity'"],
  ]),
  ...breakagesOf('http/pages/gallery-files.ts', [
    ['compressed files do not say so', ", 'content-encoding': 'gzip' }", ' }'],
    ["the gallery's files are not immutable", ', immutable', ''],
  ]),
  ...breakagesOf('http/pages/page-headers.ts', [
    ['the gallery may run inline scripts', '"script-src \'self\'"', "\"script-src 'self' 'unsafe-inline'\""],
  ]),
  ...breakagesOf('http/service/service-json.ts', [
    ['a ready service answers "degraded"', "const READY = { status: 'ok' }", "const READY = { status: 'degraded' }"],
  ]),
  ...breakagesOf('http/answers/answer.ts', [
    [
      'JSON is compressed',
      "answer(c, text, 200, { 'content-type': 'application/json',",
      "answer(c, process.getBuiltinModule('node:zlib').gzipSync(text) as never, 200, { 'content-encoding': 'gzip', 'content-type': 'application/json',",
    ],
    ['X-Request-Id is missing', "'x-request-id': c.get('requestId'), ", ''],
    ['nosniff is missing', "'x-content-type-options': 'nosniff',", ''],
    ['Cross-Origin-Resource-Policy is missing', "'cross-origin-resource-policy': 'same-site',", ''],
    [
      'a problem has the type application/json',
      "'content-type': 'application/problem+json',",
      "'content-type': 'application/json',",
    ],
    ['shared caches may keep JSON', "'private, no-cache'", "'public, max-age=60'"],
    ['caches may keep JSON with a presigned URL', "'private, no-store'", "'private, no-cache'"],
  ]),
  ...breakagesOf('http/app.ts', [['a 405 has no Allow', 'addHeaders(c, { allow: allowed });', '']]),
  ...breakagesOf('http/exchange.ts', [
    ['every request has the same id', "'requestId', randomUUID()", "'requestId', 'same'"],
  ]),
  ...breakagesOf('http/steps/cross-site-guard.ts', [
    [
      'a foreign Origin may change data',
      "origin === c.get('publicOrigin') || isAllowedOrigin(origin, allowed)",
      'origin.length > 0',
    ],
    ['a cross-site request may change data', "? site === 'same-origin' || site === 'none'", '? site.length > 0'],
  ]),
  ...breakagesOf('http/steps/cors.ts', [
    ['any origin gets Access-Control-Allow-Origin', '!isAllowedOrigin(origin, allowed)', 'origin.length === 0'],
    ['Access-Control-Expose-Headers is missing', ", 'access-control-expose-headers': EXPOSED", ''],
  ]),
  ...breakagesOf('http/pages/docs.ts', [
    ['/docs has no CSP', "{ 'content-security-policy': SWAGGER_UI_POLICY }", '{}'],
    ['/redoc is missing', "path: '/redoc',", "path: '/redoc-page',"],
  ]),
  ...breakagesOf('http/pages/problems-page.ts', [
    ['the entries of the problems page have no id', '<h3 id=', '<h3 data-id='],
  ]),
  ...breakagesOf('http/pages/asset.ts', [
    [
      'files of the documentation have no ETag',
      "'cache-control': REVALIDATED, ...headers, etag: entityTag",
      "'cache-control': REVALIDATED, ...headers",
    ],
    ['files of the documentation have no Cache-Control', "'cache-control': REVALIDATED", "vary: 'Origin'"],
  ]),
  ...breakagesOf('http/pages/asset.ts', [
    ['files of the documentation are never 304', "if (verdict === 'not-modified')", "if (verdict === 'failed')"],
  ]),
  ...breakagesOf('http/problem.ts', [['a problem has no error', 'error: detail,', "error: '',"]]),
  ...breakagesOf('http/request/routed-path.ts', [
    ['a trailing slash makes another path', 'path.slice(0, -1)', 'path'],
    ['a trailing slash after a file is left out', '\\.\\w+\\/', '\\.x\\/'],
    ['two trailing slashes count as one', "&& !path.endsWith('//')", ''],
  ]),
  ...breakagesOf('http/request/fields.ts', [
    ['booleans are compared by their letters', 'BOOLEANS.get(value.toLowerCase())', 'BOOLEANS.get(value)'],
    ['yes is no boolean', "  ['yes', true],\n", ''],
    ['0 is no boolean', "  ['0', false],\n", ''],
    ['any text is a boolean', 'booleanOf(value) !== undefined,', 'booleanOf(value) !== null,'],
  ]),
  ...breakagesOf('http/service/service.ts', [
    ['GET / has no page for people', "header(c, 'accept')?.toLowerCase().includes('text/html') === true", 'false'],
    ['GET / has a page for every text', ".includes('text/html')", ".includes('text/')"],
    ['GET / compares Accept by its letters', ".toLowerCase().includes('text/html')", ".includes('text/html')"],
    ['GET / varies by nothing', "addHeaders(c, { vary: 'Origin, Accept' });", ''],
    [
      'GET / does not report how decoders are confined',
      'const { level: decoders } = imaging.confinement();',
      "const decoders = '' as never;",
    ],
  ]),
  ...breakagesOf('http/answers/image-types.ts', [
    [
      'GET / names a type less than the service accepts',
      'decodedTypes(maxPixels).map(',
      'decodedTypes(maxPixels).slice(1).map(',
    ],
  ]),
  ...breakagesOf('http/service/service-json.ts', [
    ['GET /health does not answer ok', "const OK = { status: 'ok' }", "const OK = { status: 'running' }"],
  ]),
];
