import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Route } from '../route.ts';

const ROOT = new URL('../../../../../', import.meta.url);
const SWAGGER_UI = new URL('./', import.meta.resolve('swagger-ui-dist/package.json'));

/** Everything from here, nothing from elsewhere; Swagger UI draws some icons as data: and sets styles on elements. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Safelight API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, tryItOutEnabled: true });
`;

/** Read once: Swagger UI's bundle is 1.7 MB, and a thousand requests for it need only one copy. */
const file = (path: string, url: URL, contentType: string): Route => {
  let content: Promise<Buffer<ArrayBuffer>> | undefined;
  return {
    method: 'GET',
    path,
    async handle(c) {
      content ??= readFile(fileURLToPath(url));
      return c.body(await content, 200, { 'Content-Type': contentType });
    },
  };
};

const text = (path: string, body: string, contentType: string, policy = POLICY): Route => ({
  method: 'GET',
  path,
  handle: (c) => c.body(body, 200, { 'Content-Type': contentType, 'Content-Security-Policy': policy }),
});

/** The contract and its documentation, from files of this machine only. */
export const docsRoutes: readonly Route[] = [
  file('/openapi.json', new URL('openapi.json', ROOT), 'application/json'),
  file('/docs/problems', new URL('docs/problems.md', ROOT), 'text/plain; charset=utf-8'),
  text('/docs', PAGE, 'text/html; charset=utf-8'),
  text('/docs/start.js', START, 'text/javascript; charset=utf-8'),
  file('/docs/swagger-ui.css', new URL('swagger-ui.css', SWAGGER_UI), 'text/css; charset=utf-8'),
  file('/docs/swagger-ui-bundle.js', new URL('swagger-ui-bundle.js', SWAGGER_UI), 'text/javascript; charset=utf-8'),
  file('/docs/favicon-32x32.png', new URL('favicon-32x32.png', SWAGGER_UI), 'image/png'),
];
