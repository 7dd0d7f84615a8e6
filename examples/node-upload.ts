/**
 * Uploads an image with fetch: a grant for exactly these bytes, a PUT, a wait for verification, a
 * list, a download. Needs Node 24 or later, which runs TypeScript directly:
 *   node examples/node-upload.ts photo.jpg [BASE]
 * An older Node can start the one that npm ci installed:
 *   node scripts/node.js examples/node-upload.ts photo.jpg [BASE]
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
}

interface Image {
  readonly image_id: string;
  readonly status: 'pending' | 'ready' | 'rejected' | 'expired';
  readonly width: number | null;
  readonly height: number | null;
  readonly rejection?: { readonly code: string; readonly detail: string };
}

const [file, base = 'http://127.0.0.1:8000'] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage, with Node 24 or later: node examples/node-upload.ts FILE [BASE]');
  process.exit(2);
}

const TYPES: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
  '.heic': 'image/heic',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
};

/** Returns the answer's JSON. Every error is a problem document, whose detail is a sentence. */
async function ask<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${base}${path}`, init);
  const answer: unknown = await response.json();
  if (response.ok) return answer as Answer;
  const { code, detail } = answer as { code: string; detail: string };
  throw new Error(`${code}: ${detail}`);
}

const user = 'node-example';
const bytes = await readFile(file);
const grant = await ask<Grant>('/uploads', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    user_id: user,
    content_type: TYPES[extname(file).toLowerCase()] ?? 'image/jpeg',
    filename: basename(file),
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    tags: ['example'],
  }),
});
console.log(`granted ${grant.image_id}`);

const sent = await fetch(grant.upload_url, { method: grant.method, headers: grant.headers, body: bytes });
console.log(`sent ${bytes.length} bytes: ${sent.status}`);

// Stores differ in their answer to bad bytes. The image's status says whether the bytes were accepted, and why not.
const image = await ask<Image>(`/images/${grant.image_id}/metadata?wait=20`);
if (image.status !== 'ready') {
  console.error(`${image.status}: ${image.rejection?.detail ?? 'no bytes arrived'}`);
  process.exit(1);
}
console.log(`ready: ${image.width} x ${image.height}`);

let cursor: string | null = '';
let count = 0;
do {
  const query: URLSearchParams = new URLSearchParams({ user_id: user, tag: 'example', limit: '100', cursor });
  const page: { images: Image[]; next_cursor: string | null } = await ask(`/images?${query}`);
  count += page.images.length;
  cursor = page.next_cursor;
} while (cursor !== null);
console.log(`listed ${count} of ${user}`);

const { download_url } = await ask<{ download_url: string }>(`/images/${grant.image_id}/download`);
const downloaded = Buffer.from(await (await fetch(download_url)).arrayBuffer());
if (!downloaded.equals(bytes)) throw new Error('expected the uploaded bytes; got others');
console.log('downloaded the same bytes');
