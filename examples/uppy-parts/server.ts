/**
 * A backend and a page: Uppy's AwsS3 plugin sends large pictures in parts. The plugin asks its backend for each step by
 * the routes of Companion, Uppy's server; these five routes answer with Safelight's. Needs Node 24 or later:
 *   SAFELIGHT_KEY=safelight_... node examples/uppy-parts/server.ts [BASE] [PORT]
 * and then http://127.0.0.1:3000 in a browser.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [base = 'http://127.0.0.1:8000', port = '3000'] = process.argv.slice(2);
const key = process.env['SAFELIGHT_KEY'];
/** Uppy's own. */
const PART_SIZE = 5 * 1_048_576;

interface Asked {
  readonly filename: string;
  readonly type: string;
  readonly metadata: { readonly size: number };
}

async function safelight(method: string, path: string, body: object = {}) {
  const headers = { 'Content-Type': 'application/json', ...(key && { Authorization: `Bearer ${key}` }) };
  const answer = await fetch(`${base}${path}`, { method, headers, body: JSON.stringify(body) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.detail);
  return value;
}

/** The image's id is both Uppy's key and its upload id. `user_id`: yours comes from your session. */
const ROUTES: Readonly<Record<string, (id: string, part: number, asked: Asked) => Promise<object>>> = {
  async 'POST /multipart'(_id, _part, { filename, type, metadata: { size } }) {
    const parts = { parts: true, part_size: PART_SIZE };
    const described = { user_id: 'me', content_type: type, filename, size, tags: ['uppy'] };
    const { image_id } = await safelight('POST', '/uploads', { ...described, ...parts });
    return { key: image_id, uploadId: image_id };
  },
  async 'GET /multipart/ID/PART'(id, number) {
    const { parts } = await safelight('POST', `/uploads/${id}/parts`, { parts: [{ number }] });
    return { url: parts.urls[0].url };
  },
  async 'GET /multipart/ID'(id) {
    const { parts } = await safelight('POST', `/uploads/${id}/parts`);
    return parts.received.map((number: number) => ({ PartNumber: number, ETag: 'arrived' }));
  },
  async 'POST /multipart/ID/complete'(id) {
    await safelight('POST', `/images/${id}/complete`);
    return { key: id, location: `${base}/images/${id}/metadata` };
  },
  'DELETE /multipart/ID': (id) => safelight('DELETE', `/images/${id}`),
};

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const bundled = await build({ entryPoints: [fileOf('app.ts')], bundle: true, write: false, format: 'esm' });
const FILES = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: await readFile(fileOf('index.html'), 'utf8') }],
  ['/app.js', { type: 'text/javascript', body: bundled.outputFiles[0]?.text ?? '' }],
]);

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  const file = FILES.get(pathname);
  if (file) return response.setHeader('Content-Type', file.type).end(file.body);
  const [, id = '', part = ''] = /^\/s3\/multipart\/([\w-]+)(?:\/(\d+))?/.exec(pathname) ?? [];
  const route = pathname
    .replace('/s3', '')
    .replace(id || ' ', 'ID')
    .replace(/\d+$/, 'PART');
  try {
    const asked = request.method === 'POST' ? await json(request) : {};
    const answer = await ROUTES[`${request.method} ${route}`]?.(id, Number(part), asked as Asked);
    return response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    return response.writeHead(422, (error as Error).message.replace(/[^ -~]/g, '?')).end(); // Uppy shows the status text
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
