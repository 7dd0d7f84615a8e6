import assert from 'node:assert/strict';
import { MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import { sha256Of } from '../services/record-check.ts';
import { jsonRequest, type Sent } from '../uploads/upload-requests.ts';
import type { Caller, KeptImage } from './soak-album.ts';
import { TAGS, USERS } from './soak-uploads.ts';
import type { Answer } from './soak-wire.ts';

const GONE = 404;

/** Requests an image that may be deleted meanwhile; undefined if it was. */
async function askFor(
  { wire }: Caller,
  image: KeptImage,
  asked: { kind: string; target: string; sent?: Partial<Sent>; statuses: readonly number[] },
): Promise<Answer | undefined> {
  const answer = await wire.ask(asked.kind, asked.target, asked.sent, [...asked.statuses, GONE]);
  if (answer.status !== GONE) return answer;
  assert.ok(image.isGone, `expected ${image.id} to be there; got 404 to ${asked.kind}`);
  return undefined;
}

/** An image's bytes by any URL: whole, in part, conditionally, or aborted midway. */
async function readBytes(caller: Caller, image: KeptImage, { kind, target }: { kind: string; target: string }) {
  const { wire, random } = caller;
  const { bytes, sha256 } = image.picture;
  const form = random.below(5);
  if (form === 0) return wire.breakOff(`${kind} given up`, 'answer', target);
  if (form === 1) {
    const start = random.below(bytes.length);
    const end = start + random.below(bytes.length - start);
    const sent = { headers: { Range: `bytes=${start}-${end}` } };
    const answer = await askFor(caller, image, { kind: `${kind} range`, target, sent, statuses: [206] });
    if (answer) assert.ok(answer.body.equals(bytes.subarray(start, end + 1)), `bytes ${start}-${end} of ${image.id}`);
    return;
  }
  if (form === 2) {
    const sent = { headers: { Range: `bytes=${bytes.length}-` } };
    await askFor(caller, image, { kind: `${kind} beyond`, target, sent, statuses: [416] });
    return;
  }
  const answer = await askFor(caller, image, { kind, target, statuses: [200] });
  if (!answer) return;
  assert.equal(sha256Of(answer.body), sha256, `the bytes of ${image.id}`);
  const { etag = '' } = answer.headers;
  const sent = { headers: { 'If-None-Match': etag } };
  await askFor(caller, image, { kind: `${kind} unchanged`, target, sent, statuses: [304] });
}

export async function readImage(caller: Caller): Promise<void> {
  const image = caller.album.any(caller.random);
  await readBytes(caller, image, { kind: 'read', target: `/images/${image.id}` });
}

export async function readByPresignedUrl(caller: Caller): Promise<void> {
  const { random, album } = caller;
  const image = album.any(random);
  const path = random.pick(['/download', '/download?disposition=inline', '?download=true']);
  const answer = await askFor(caller, image, {
    kind: 'presign',
    target: `/images/${image.id}${path}`,
    statuses: [200],
  });
  if (!answer) return;
  const { download_url, presigned_url } = answer.json<{ download_url?: string; presigned_url?: string }>();
  await readBytes(caller, image, { kind: 'download', target: download_url ?? presigned_url ?? '' });
}

export async function describeImage(caller: Caller): Promise<void> {
  const image = caller.album.any(caller.random);
  await askFor(caller, image, {
    kind: 'head',
    target: `/images/${image.id}`,
    sent: { method: 'HEAD' },
    statuses: [200],
  });
  const target = `/images/${image.id}/metadata?wait=1`;
  const answer = await askFor(caller, image, { kind: 'describe', target, statuses: [200] });
  if (answer) assert.equal(answer.json<{ sha256: string }>().sha256, image.picture.sha256);
}

export async function changeImage(caller: Caller): Promise<void> {
  const { random, album } = caller;
  const image = album.any(random);
  const target = `/images/${image.id}${random.pick(['', '/metadata'])}`;
  const change = random.pick([
    { tags: TAGS.filter(() => random.chance(0.3)) },
    { description: 'x'.repeat(random.below(2_000)) },
    { metadata: { camera: 'y'.repeat(random.below(3_000)) }, filename: `renamed ${random.below(1_000)}` },
    { description: null, metadata: null, tags: null },
  ]);
  const patch = (headers: Record<string, string>, statuses: readonly number[]) => {
    const sent = { ...jsonRequest(change, headers), method: 'PATCH' };
    return askFor(caller, image, { kind: 'change', target, sent, statuses });
  };
  const changed = await patch({}, [200]);
  const etag = changed?.headers.etag;
  if (etag !== undefined) await patch({ 'If-Match': etag }, [200, 412]);
  await patch({ 'If-Match': '"0"' }, [412]);
}

interface Page {
  readonly count: number;
  readonly images: readonly { readonly image_id: string; readonly status: string }[];
  readonly next_cursor: string | null;
}

const MAX_PAGES = 6;

/** Random filters, some pages; sometimes an invalid cursor, or another list's. */
export async function listImages({ wire, random }: Caller): Promise<void> {
  const query = listQuery(random);
  const limit = 1 + random.below(random.chance(0.1) ? 1_000 : 40);
  query.set('limit', String(limit));
  const status = query.get('status') ?? 'ready';
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = (await wire.ask('list', `/images?${query}`, {}, [200])).json<Page>();
    assert.ok(page.count === page.images.length && page.count <= limit, `expected up to ${limit}; got ${page.count}`);
    for (const image of page.images) assert.equal(image.status, status);
    if (page.next_cursor === null) return;
    query.set('cursor', page.next_cursor);
  }
  if (random.chance(0.5)) query.set('cursor', `${query.get('cursor')}x`);
  else query.set('order', query.get('order') === 'oldest' ? 'newest' : 'oldest');
  await wire.ask('list', `/images?${query}`, {}, [400]);
}

const DAY_MS = 24 * 3_600_000;

function listQuery(random: Caller['random']): URLSearchParams {
  const query = new URLSearchParams();
  if (random.chance(0.3)) query.set('order', 'oldest');
  if (random.chance(0.2)) query.set('start_date', new Date(Date.now() - DAY_MS).toISOString());
  if (random.chance(0.2)) query.set('end_date', new Date(Date.now() + DAY_MS).toISOString().slice(0, 10));
  if (random.chance(0.6)) query.set('user_id', random.pick(USERS));
  if (query.has('user_id') && random.chance(0.2)) {
    query.set('status', random.pick(['pending', 'rejected', 'expired']));
    return query;
  }
  for (const tag of TAGS) if (random.chance(0.15)) query.append('tag', tag);
  if (random.chance(0.3)) query.set('tag_mode', 'any');
  if (random.chance(0.3)) query.set('content_type', random.pick(MEDIA_TYPES));
  return query;
}
