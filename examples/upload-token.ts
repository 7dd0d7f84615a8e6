/**
 * A backend's route that gives its signed-in user an upload token, and the page that uploads with it: the page never
 * sees the backend's key. Needs Node 24 or later:
 *   SAFELIGHT_KEY=safelight_... node examples/upload-token.ts [BASE] [PORT]
 * and then http://localhost:3000 in a browser, or
 *   curl -X POST -H 'Cookie: session=demo' http://127.0.0.1:3000/upload-token
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [base = 'http://127.0.0.1:8000', port = '3000'] = process.argv.slice(2);
const key = process.env['SAFELIGHT_KEY'];
if (key === undefined) {
  console.error('usage, with Node 24 or later: SAFELIGHT_KEY=... node examples/upload-token.ts [BASE] [PORT]');
  process.exit(2);
}

/** Your own sessions: the user comes from here, never from the page. */
const SESSIONS = new Map([['demo', 'ada']]);
const userOf = ({ headers }: IncomingMessage): string | undefined =>
  SESSIONS.get(/(?:^|; )session=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? '');

const mint = (user: string): Promise<Response> =>
  fetch(`${base}/upload-tokens`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      user_id: user,
      expires_in: 600,
      max_bytes: 10_000_000,
      content_types: ['image/jpeg', 'image/png', 'image/webp'],
      tags: ['avatar'],
      max_images: 10,
    }),
  });

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What a product's bundler makes of the page's imports. */
async function clientBundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@safelight/client'", resolveDir: fileOf('.') },
    conditions: ['safelight-source'], // in this repository the client is used from its source
    bundle: true,
    write: false,
    format: 'esm',
  });
  return outputFiles[0]?.text ?? '';
}

const page = (await readFile(fileOf('upload-token.html'), 'utf8')).replace('SAFELIGHT_URL', base);
const FILES = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: page }],
  ['/client.js', { type: 'text/javascript', body: await clientBundle() }],
]);

const server = createServer(async (request, response) => {
  const file = request.method === 'GET' ? FILES.get(request.url ?? '') : undefined;
  if (file) {
    // Signing in is not part of this example: everybody is the user of the session `demo`.
    response.writeHead(200, { 'Content-Type': file.type, 'Set-Cookie': 'session=demo; HttpOnly; SameSite=Strict' });
    return response.end(file.body);
  }
  const user = userOf(request);
  if (request.method !== 'POST' || request.url !== '/upload-token') return response.writeHead(404).end();
  if (user === undefined) return response.writeHead(401).end();
  try {
    const minted = await mint(user);
    if (!minted.ok) throw new Error(`${minted.status}: ${await minted.text()}`);
    response.writeHead(201, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(await minted.text()); // {token, token_id, user_id, expires_at}
  } catch (error) {
    console.error(error);
    response.writeHead(502).end();
  }
  return response;
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
