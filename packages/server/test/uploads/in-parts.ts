import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { type Bytes, pictureOfSize } from '../../../../test/acceptance/pictures.ts';
import type { Image, PendingImage } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { filesBelow } from '../services/files-below.ts';
import { json, type TestService } from '../services/service.ts';

/** The least of a disk. */
export const PART = 1_048_576;

export interface PartUrl {
  readonly number: number;
  readonly size: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly expires_at: string;
}

export interface PartsJson {
  readonly part_size: number;
  readonly count: number;
  readonly received: readonly number[];
  readonly urls: readonly PartUrl[];
}

export interface GrantOfParts {
  readonly image_id: ImageId;
  readonly status: string;
  readonly expires_at: string;
  readonly parts: PartsJson;
}

type Request = TestService['request'];

/** A picture that has three parts on a disk. */
export const threeParts = (): Promise<Bytes> => pictureOfSize(2 * PART + 9);

export const askForParts = (size: number, fields: object = {}): RequestInit =>
  json({ user_id: 'ada', content_type: 'image/png', size, parts: true, ...fields });

/** An upload in parts of these bytes. */
export async function begin(request: Request, bytes: Bytes, fields: object = {}): Promise<GrantOfParts> {
  const answer = await request('/uploads', askForParts(bytes.length, fields));
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()) as GrantOfParts;
}

/** What arrived, and URLs for the rest. */
export async function more(request: Request, id: string, body: object = {}): Promise<GrantOfParts> {
  const answer = await request(`/uploads/${id}/parts`, json(body));
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as GrantOfParts;
}

export const sendPart = (
  { send }: Pick<TestService, 'send'>,
  { url, headers, number, size }: PartUrl,
  bytes: Bytes,
  partBytes = PART,
): Promise<Response> => {
  const start = (number - 1) * partBytes;
  return send(url, { method: 'PUT', headers, body: bytes.subarray(start, start + size) });
};

/** Sends these parts, or all that have URLs. */
export async function sendParts(
  service: Pick<TestService, 'send'>,
  { parts: { urls, part_size: partBytes } }: GrantOfParts,
  bytes: Bytes,
  numbers: readonly number[] = urls.map(({ number }) => number),
): Promise<void> {
  for (const url of urls.filter(({ number }) => numbers.includes(number))) {
    const answer = await sendPart(service, url, bytes, partBytes);
    assert.equal(answer.status, 200, await answer.text());
  }
}

export const complete = (request: Request, id: string): Promise<Response> =>
  request(`/images/${id}/complete`, { method: 'POST' });

export async function recordOf({ services }: TestService, id: ImageId): Promise<Image> {
  const image = await services.images.get(id);
  assert.ok(image, `expected a record of ${id}`);
  return image;
}

export async function pendingOf(service: TestService, id: ImageId): Promise<PendingImage> {
  const image = await recordOf(service, id);
  assert.ok(image.status === 'pending', image.status);
  return image;
}

/** The ids of unfinished uploads in the store. */
export const unfinished = async ({ services: { multipart } }: TestService): Promise<string[]> =>
  (await Array.fromAsync(multipart.list('incoming/'))).map(({ uploadId }) => uploadId);

/** The files of the disk, by their paths below the root. */
export async function filesOf({ folder }: TestService): Promise<string[]> {
  const root = join(folder, 'objects');
  return (await filesBelow(root)).map((path) => relative(root, path));
}

export async function requireBytes(request: Request, id: string, bytes: Bytes): Promise<void> {
  const answer = await request(`/images/${id}/original`);
  assert.equal(answer.status, 200);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes), 'expected the bytes that were sent');
}
