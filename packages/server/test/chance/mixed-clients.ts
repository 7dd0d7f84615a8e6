import assert from 'node:assert/strict';
import { sha256Of } from '../services/record-check.ts';
import { type GrantJson, jsonRequest, type Picture, type Sent } from '../uploads/upload-requests.ts';
import type { Random } from './random.ts';

/** The state of a client's own image, as acknowledged. */
export interface OwnImage {
  readonly id: string;
  readonly sha256: string;
  tags: readonly string[];
  description: string | null;
  /** The Idempotency-Key of its direct upload. */
  readonly key: string | undefined;
}

/** One user who does one thing at a time, so that each acknowledged state must hold. */
export interface MixedClient {
  /** Performs one random action. */
  step(): Promise<void>;
  readonly user: string;
  readonly images: ReadonlyMap<string, OwnImage>;
  readonly deleted: ReadonlySet<string>;
}

export interface MixedClientOptions {
  readonly user: string;
  /** Alternates between the processes. */
  readonly origin: () => string;
  readonly random: Random;
  readonly pictures: readonly Picture[];
  readonly tags: readonly string[];
}

/** Each of two versions answers half of the requests: this many refusals in a row are a bug. */
const MAX_TRIES = 60;

export interface Told {
  readonly status: number;
  readonly body: Buffer;
}

/** Without retries. */
export async function ask(origin: string, path: string, { headers = {}, ...init }: Partial<Sent> = {}): Promise<Told> {
  const answer = await fetch(new URL(path, origin), { ...init, headers: { ...headers } });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

export const jsonOf = <Json>({ body }: Told): Json => JSON.parse(body.toString()) as Json;

export function createMixedClient({ user, origin, random, pictures, tags }: MixedClientOptions): MixedClient {
  const images = new Map<string, OwnImage>();
  const deleted = new Set<string>();
  let uploads = 0;

  /** Retries on Retry-After. */
  async function send(path: string, sent: Partial<Sent>, ...expected: number[]): Promise<Told> {
    for (let tries = 1; ; tries += 1) {
      const { headers = {}, ...rest } = sent;
      const told = await ask(origin(), path, { ...rest, headers: { 'X-User-Id': user, ...headers } });
      if (expected.includes(told.status)) return told;
      const isTransient = told.status === 503 || told.status === 429;
      if (!isTransient || tries === MAX_TRIES) {
        assert.fail(`${sent.method ?? 'GET'} ${path} of ${user}: ${told.status} ${told.body}, at try ${tries}`);
      }
    }
  }

  const someTags = (): string[] => tags.filter(() => random.chance(0.4));
  const own = (): OwnImage | undefined => (images.size > 0 ? random.pick([...images.values()]) : undefined);

  async function uploadDirectly(): Promise<void> {
    const { type, bytes, sha256 } = random.pick(pictures);
    uploads += 1;
    const [key, given] = [`${user} ${uploads}`, someTags()];
    const path = `/images/upload?${new URLSearchParams(given.map((tag): [string, string] => ['tags', tag]))}`;
    const headers = { 'Content-Type': type, 'Idempotency-Key': key };
    const { image_id: id } = jsonOf<GrantJson>(await send(path, { method: 'POST', headers, body: bytes }, 200));
    images.set(id, { id, sha256, tags: given, description: null, key });
    const again = jsonOf<GrantJson>(await send(path, { method: 'POST', headers, body: bytes }, 200));
    assert.equal(again.image_id, id, 'expected one image for one Idempotency-Key');
  }

  async function uploadByGrant(): Promise<void> {
    const { type, bytes, sha256 } = random.pick(pictures);
    const given = someTags();
    const asked = jsonRequest({ content_type: type, tags: given });
    const { image_id: id, upload_url = '', headers = {} } = jsonOf<GrantJson>(await send('/images/upload', asked, 200));
    assert.equal((await ask(upload_url, '', { method: 'PUT', headers, body: bytes })).status, 200);
    await send(`/images/${id}/complete`, { method: 'POST' }, 200);
    images.set(id, { id, sha256, tags: given, description: null, key: undefined });
  }

  async function change(): Promise<void> {
    const image = own();
    if (!image) return;
    const changes = { tags: someTags(), description: `change ${random.below(1_000)}` };
    await send(`/images/${image.id}`, { ...jsonRequest(changes), method: 'PATCH' }, 200);
    Object.assign(image, changes);
  }

  async function remove(): Promise<void> {
    const image = images.size > 5 ? own() : undefined;
    if (!image) return;
    await send(`/images/${image.id}`, { method: 'DELETE' }, 200);
    images.delete(image.id);
    deleted.add(image.id);
  }

  async function look(): Promise<void> {
    const image = own();
    if (!image) return;
    requireTold(jsonOf(await send(`/images/${image.id}/metadata`, {}, 200)), image);
    assert.equal(sha256Of((await send(`/images/${image.id}`, {}, 200)).body), image.sha256);
  }

  /** Either version may omit images that it can't read, and no others; there are no unexpected images. */
  async function list(): Promise<void> {
    const tag = random.chance(0.5) ? `&tag=${random.pick(tags)}` : '';
    const { images: listed } = jsonOf<List>(await send(`/images?user_id=${user}&limit=1000${tag}`, {}, 200));
    for (const { image_id: id } of listed) assert.ok(images.has(id), `${id} is listed, but is not an image of ${user}`);
  }

  const steps = [uploadDirectly, uploadByGrant, change, change, remove, look, list];
  return { step: () => random.pick(steps)(), user, images, deleted };
}

export interface List {
  readonly images: readonly { readonly image_id: string }[];
  readonly next_cursor: string | null;
}

/** Asserts the acknowledged state. */
export function requireTold(json: Record<string, unknown>, { id, sha256, tags, description }: OwnImage): void {
  const { image_id, status, sha256: is, tags: has, description: says } = json;
  assert.deepEqual([image_id, status, is, has, says], [id, 'ready', sha256, tags, description]);
}
