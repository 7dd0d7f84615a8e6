import assert from 'node:assert/strict';
import {
  ERASED_KEY,
  type Expected,
  type ExpectedImage,
  type ExpectedLink,
  type Fields,
  OTHER_USER,
  pick,
  SHARED_KEY,
  sha256Of,
} from './expected.ts';
import type { RestoredService } from './restored.ts';

/** Requires the lines of `keys list`. */
export function requireSameKeys(lines: readonly Fields[], { keys }: Expected): void {
  const { [ERASED_KEY]: _, ...left } = keys;
  const expected = Object.entries(left).map(([name, { listed }]) =>
    name === SHARED_KEY ? { ...listed, acts_as: [OTHER_USER] } : listed,
  );
  assert.deepEqual(byId(lines), byId(expected));
}

const byId = (keys: readonly Fields[]): readonly Fields[] =>
  keys.toSorted((one, other) => (String(one['key_id']) < String(other['key_id']) ? -1 : 1));

/** Requires the lines of `quota list`. Users with pending uploads alone are gone: a backup keeps no pending image. */
export function requireSameUsers(lines: readonly Fields[], { users, erasedUser }: Expected): void {
  const left = users.filter((user) => user['user_id'] !== erasedUser && user['pending'] === 0);
  assert.deepEqual(lines, left);
}

export async function requireCallers(service: RestoredService, { keys }: Expected): Promise<void> {
  for (const [name, { status, answer }] of Object.entries(keys)) {
    const got = await service.as(name, '/whoami');
    const body = (await got.json()) as { readonly code?: string };
    const expected = name === SHARED_KEY ? { ...(answer as Fields), users: [OTHER_USER] } : answer;
    assert.deepEqual([got.status, got.status === 200 ? body : body.code], [status, expected], name);
  }
}

export async function requireLists(
  service: RestoredService,
  { found, list }: Expected,
  { searches }: { readonly searches: boolean },
): Promise<void> {
  for (const [path, ids] of Object.entries(found))
    if (searches || !path.includes('&q=')) assert.deepEqual(await idsIn(service, path), ids, path);
  assert.deepEqual(await idsIn(service, list.path, 'ada'), list.ids);
}

async function idsIn(service: RestoredService, path: string, key = 'admin'): Promise<readonly unknown[]> {
  const answer = await service.as(key, path);
  const { images } = (await answer.json()) as { readonly images: readonly Fields[] };
  return images.map((image) => image['image_id']);
}

/** Fields that depend on the store, the time or the encoder: a failure counts for the renditions of one encoder. */
const CHANGED = ['s3_url', 'held_until', 'renditions', 'rendition_failures'];

/** Requires every field of the image, its decisions, links and bytes. */
export async function requireImage(service: RestoredService, expected: ExpectedImage, what: string): Promise<void> {
  const { shown, decisions, waitsFor = null, gates = [], links } = expected;
  const { image_id: id, status } = shown;
  const got = status === 'trashed' ? await inTrash(service, shown) : await service.ask(`/images/${id}/metadata`);
  const names = Object.keys(shown).filter((name) => !CHANGED.includes(name));
  assert.deepEqual(pick(got, names), pick(shown, names), what);
  assert.equal(typeof got['s3_url'], shown['s3_url'] === null ? 'object' : 'string', what);
  assert.equal('held_until' in got, 'held_until' in shown, what);
  // A newer service has further presets.
  const then = shown['renditions'] as readonly string[] | null | undefined;
  const presets = got['renditions'] && Object.keys(got['renditions']).filter((one) => then?.includes(one));
  assert.deepEqual(presets, then, what);
  const about = await service.ask(`/images/${id}/decisions`);
  assert.deepEqual(pick(about, ['decisions', 'waits_for', 'gates']), { decisions, waits_for: waitsFor, gates }, what);
  if (links) {
    const got = await service.ask<{ readonly links: readonly Fields[] }>(`/images/${id}/links`);
    // A newer service shows more of each, as the address of its page.
    const known = got.links.map((link, index) => pick(link, Object.keys(links[index] ?? link)));
    assert.deepEqual(known, links, what);
  }
  const original = await service.as('admin', `/images/${id}/original`);
  const bytes = await original.bytes();
  if (status === 'ready') assert.deepEqual([original.status, sha256Of(bytes)], [200, shown.sha256], what);
  else assert.ok(original.status >= 400, what);
}

async function inTrash(service: RestoredService, { image_id: id, user_id: user }: Fields): Promise<Fields> {
  const path = `/images?status=trashed&user_id=${user}&limit=200`;
  const { images } = await service.ask<{ readonly images: readonly Fields[] }>(path);
  return images.find((image) => image['image_id'] === id) ?? assert.fail(`expected ${id} in the trash`);
}

export async function requireAbsent(service: RestoredService, { absent }: Expected): Promise<void> {
  for (const [what, id] of Object.entries(absent))
    assert.equal((await service.as('admin', `/images/${id}/metadata`)).status, 404, what);
}

/** Requires what anyone gets who opens the link. */
export async function requireLink(service: RestoredService, link: ExpectedLink, what: string): Promise<void> {
  const answer = await service.request(link.path);
  const bytes = await answer.bytes();
  const text = Buffer.from(bytes).toString();
  assert.equal(answer.status, link.status, `${what}: ${text.slice(0, 300)}`);
  if (link.type) assert.equal(answer.headers.get('content-type'), link.type, what);
  if (link.code) assert.equal((JSON.parse(text) as Fields)['code'], link.code, what);
  if (link.sha256) assert.equal(sha256Of(bytes), link.sha256, what);
}
