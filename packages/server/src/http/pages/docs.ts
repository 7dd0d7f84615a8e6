import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { answer } from '../answers/answer.ts';
import type { AnswerHeaders, Route } from '../route.ts';
import { type Asset, assetAnswer, createAsset } from './asset.ts';
import { problemsHtml } from './problems-page.ts';

const ROOT = new URL('../../../../../', import.meta.url);
const folderOf = (packageName: string): URL => new URL('./', import.meta.resolve(`${packageName}/package.json`));
const SWAGGER_UI = folderOf('swagger-ui-dist');
const REDOC = folderOf('redoc');

/** Everything from this origin, nothing from others. */
const policy = (more: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...more,
  ].join('; ');

/** Swagger UI draws some icons as data: URLs and sets styles on elements. */
const SWAGGER_UI_POLICY = policy(["style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:"]);

/** ReDoc creates style sheets at run time, with this answer's nonce, and its icons are a font. */
const redocPolicy = (nonce: string): string =>
  policy([`style-src 'self' 'nonce-${nonce}'`, "img-src 'self' data:", 'font-src data:']);

const PROBLEMS_POLICY = policy(["style-src 'self'", "img-src 'self'"]);

const page = (title: string, { head, body }: { head: string; body: string }): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    ${head}
  </head>
  <body>
    ${body}
  </body>
</html>
`;

const SWAGGER_UI_PAGE = page('Safelight API', {
  head: '<link rel="stylesheet" href="/docs/swagger-ui.css">',
  body: `<div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>`,
});

/** Otherwise Swagger UI would reuse a form's fields, in its own notation, as JSON after a change of the type. */
const SWAGGER_UI_START = `const forgetBody = () => ({
  statePlugins: {
    oas3: {
      wrapActions: {
        setRequestContentType: (change, { oas3Actions, oas3Selectors }) => (choice) => {
          const { value, pathMethod } = choice;
          if (value !== oas3Selectors.requestContentType(...pathMethod)) {
            oas3Actions.setRequestBodyValue({ value: undefined, pathMethod });
          }
          return change(choice);
        },
      },
    },
  },
});

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  plugins: [forgetBody],
});
`;

const redocPage = (nonce: string): string =>
  page('Safelight API reference', {
    head: `<meta property="csp-nonce" content="${nonce}" nonce="${nonce}">
    <link rel="stylesheet" href="/redoc/redoc.css">`,
    body: `<div id="redoc"></div>
    <script type="module" src="/redoc/start.js"></script>`,
  });

const REDOC_STYLE = 'body { margin: 0; }\n';

/** ReDoc's logo is served locally: the bundle contains its address on a CDN. */
const REDOC_LOGOS = 'https://cdn.redoc.ly/redoc/';
const REDOC_LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="44" height="14" viewBox="0 0 44 14">
  <text y="11" font-family="sans-serif" font-size="12" font-weight="bold" fill="#0044d4">Redoc</text>
</svg>
`;

/** By default ReDoc sends usage reports. */
const REDOC_START = `import { init } from '/redoc/redoc.standalone.js';

init('/openapi.json', { disableTelemetry: true }, document.getElementById('redoc'));
`;

const PROBLEMS_STYLE = `body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1f24; }
h3 { margin: 2rem 0 0.25rem; padding: 0.25rem 0.5rem; scroll-margin-top: 1rem; }
h3:target { background: #fff3bf; }
h3 a { font-family: ui-monospace, monospace; color: #0b57d0; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
h3 small { font-weight: normal; color: #57606a; }
p { margin: 0.25rem 0.5rem; }
code { padding: 0 0.2em; background: #f1f3f5; overflow-wrap: anywhere; }
`;

const problemsPage = (markdown: Buffer): string =>
  page('Safelight problems', {
    head: '<link rel="stylesheet" href="/docs/problems.css">',
    body: problemsHtml(markdown.toString()),
  });

interface FileOptions {
  readonly contentType: string;
  readonly headers?: AnswerHeaders;
  readonly change?: (content: Buffer<ArrayBuffer>) => Asset['body'];
}

/** Read once, on the first request: the bundles have 2 MB, and concurrent requests share one copy. */
const file = (path: string, url: URL, { contentType, headers, change = (content) => content }: FileOptions): Route => {
  let asset: Promise<Asset> | undefined;
  return {
    method: 'GET',
    path,
    async handle(c) {
      asset ??= readFile(fileURLToPath(url)).then((content) => createAsset(change(content), contentType, headers));
      asset.catch(() => {
        asset = undefined; // the next request retries
      });
      return assetAnswer(c, await asset);
    },
  };
};

const withLocalLogos = (bundle: Buffer): Buffer<ArrayBuffer> =>
  Buffer.from(bundle.toString().replaceAll(REDOC_LOGOS, '/redoc/'));

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

const text = (path: string, body: string, contentType: string, headers?: AnswerHeaders): Route => {
  const asset = createAsset(body, contentType, headers);
  return { method: 'GET', path, handle: (c) => assetAnswer(c, asset) };
};

/**
 * The contract and its documentation, from files of this machine only. The routes keep the files that they have read.
 */
export const docsRoutes = (): readonly Route[] => [
  file('/openapi.json', new URL('openapi.json', ROOT), { contentType: 'application/json' }),
  file('/docs/problems', new URL('docs/problems.md', ROOT), {
    contentType: HTML,
    headers: { 'content-security-policy': PROBLEMS_POLICY },
    change: problemsPage,
  }),
  text('/docs/problems.css', PROBLEMS_STYLE, CSS),
  text('/docs', SWAGGER_UI_PAGE, HTML, { 'content-security-policy': SWAGGER_UI_POLICY }),
  text('/docs/start.js', SWAGGER_UI_START, SCRIPT),
  file('/docs/swagger-ui.css', new URL('swagger-ui.css', SWAGGER_UI), { contentType: CSS }),
  file('/docs/swagger-ui-bundle.js', new URL('swagger-ui-bundle.js', SWAGGER_UI), { contentType: SCRIPT }),
  file('/docs/favicon-32x32.png', new URL('favicon-32x32.png', SWAGGER_UI), { contentType: 'image/png' }),
  {
    method: 'GET',
    path: '/redoc',
    handle(c) {
      const nonce = randomBytes(16).toString('base64url');
      const headers = { 'content-type': HTML, 'content-security-policy': redocPolicy(nonce) };
      return answer(c, redocPage(nonce), 200, { ...headers, 'cache-control': 'no-store' });
    },
  },
  text('/redoc/start.js', REDOC_START, SCRIPT),
  text('/redoc/redoc.css', REDOC_STYLE, CSS),
  text('/redoc/logo-mini.svg', REDOC_LOGO, 'image/svg+xml'),
  text('/redoc/logo-mini-full.svg', REDOC_LOGO, 'image/svg+xml'),
  file('/redoc/redoc.standalone.js', new URL('bundles/redoc.standalone.js', REDOC), {
    contentType: SCRIPT,
    change: withLocalLogos,
  }),
];
