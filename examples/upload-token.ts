/**
 * A backend's route that gives its signed-in user an upload token, so that the page uploads without the backend's key. Needs Node 24 or
 * later:
 *   SAFELIGHT_KEY=safelight_... node examples/upload-token.ts [BASE] [PORT]
 *   curl -X POST -H 'Cookie: session=demo' http://127.0.0.1:3000/upload-token
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

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
      tags: ['profile'],
      max_images: 10,
    }),
  });

const server = createServer(async (request, response) => {
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
