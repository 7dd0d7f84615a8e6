import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { parseImageId } from '../domain/image/image-id.ts';
import { exportFolder, exportKey, incomingKey, type ObjectKey, originalKey } from '../domain/image/object-key.ts';
import type { ObjectStoreHarness } from './object-store.contract.ts';
import type { ObjectStore } from './object-store.ts';
import type { PresignedPost, PresignedRequest } from './presigner.ts';

/** For tests of any adapter: awkward keys, bytes that look like an image, and requests with them. */
export const MAX_BYTES = 1_000_000;
export const image = { contentType: 'image/png' };

/** A PNG signature, then noise: stores that detect the type agree with the declared one. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
export const somePng = (sizeBytes = 2_000) => Buffer.concat([PNG, randomBytes(sizeBytes - PNG.length)]);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const id = (last: number) => {
  const parsed = parseImageId(`01932f00-0000-7000-8000-${String(last).padStart(12, '0')}`);
  assert(parsed);
  return parsed;
};
export const incoming = (last = 1): ObjectKey => incomingKey('ann/../é+ %2F', id(last));
export const original = (last = 1, attempt = 'a1'): ObjectKey =>
  originalKey({ userId: 'ann/../é+ %2F', id: id(last), filename: '../é+ %2F.png', contentType: 'image/png' }, attempt);

export const exported = (last = 1): ObjectKey => exportKey(exportFolder('ann', id(last), '0'.repeat(16)), 'export.zip');

export async function* inChunks(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function putBytes(
  { store, staging }: Pick<ObjectStoreHarness, 'store' | 'staging'>,
  key: ObjectKey,
  bytes: Uint8Array,
): Promise<string | null> {
  await using file = await staging.stage(inChunks(bytes), { maxBytes: MAX_BYTES });
  return await store.put(key, file, image); // before it is disposed of
}

export async function getBytes(store: ObjectStore, key: ObjectKey): Promise<Buffer | undefined> {
  const object = await store.get(key);
  if (!object) return undefined;
  const bytes = Buffer.from(await new Response(object.body).arrayBuffer());
  assert.equal(object.sizeBytes, bytes.length);
  return bytes;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const send = (request: PresignedRequest, body?: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(request.url, { method: request.method, headers: request.headers, body: body ?? null });

/** The form as a browser sends it: the fields in order, then the file. */
export function sendForm({ url, fields }: Pick<PresignedPost, 'url' | 'fields'>, bytes: Uint8Array<ArrayBuffer>) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', new Blob([bytes]), 'photo.png');
  return fetch(url, { method: 'POST', body });
}

/** Status and S3's code: `204` or `403 AccessDenied`. */
export async function outcomeOf(response: Response): Promise<string> {
  const code = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
  return [response.status, code].filter(Boolean).join(' ');
}
