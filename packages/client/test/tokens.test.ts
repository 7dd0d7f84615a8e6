import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createClient, type Image, openFile, type SafelightError } from '@safelight/client';
import { type ClosedService, createClosedService } from '../../server/test/services/closed-service.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { json } from '../../server/test/services/service.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';
import { type Album, createAlbum } from './album.ts';

describe('a client whose backend mints upload tokens', () => {
  let service: ClosedService;
  let listening: ListeningService;
  let baseUrl: string;
  let album: Album;
  let folder: string;
  before(async () => {
    service = await createClosedService();
    listening = await listen(service);
    baseUrl = `http://${listening.address}`;
    album = await createAlbum(3, { width: 64, height: 48 });
    folder = await mkdtemp(join(tmpdir(), 'safelight-tokens-'));
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await album?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const files = () => Promise.all(album.paths.map(openFile));

  /** As a backend's route mints them: another token for each call. */
  function backendOf(key: string, bounds: object = {}) {
    let calls = 0;
    return {
      calls: () => calls,
      async token(): Promise<string> {
        calls += 1;
        const answer = await service.as(key, '/upload-tokens', json({ ...bounds }));
        return ((await answer.json()) as { readonly token: string }).token;
      },
    };
  }

  const imagesOf = async (key: string): Promise<number> => {
    const counts = await Promise.all(
      ['ready', 'pending'].map(async (status) => {
        const answer = await service.as(key, `/images?status=${status}`);
        return ((await answer.json()) as { readonly count: number }).count;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  };

  it('makes one image of an upload whose grant was lost, also with the next token', async () => {
    const key = await service.keyOf({ owner: 'lost' });
    const { token } = backendOf(key);
    let isLost = false;
    const losing: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (isLost || !String(url).endsWith('/uploads')) return answer;
      isLost = true;
      service.clock.offsetMs += 2 * 3_600_000; // the token ends while the client waits
      throw new TypeError('fetch failed');
    };
    const [file] = await files();
    assert.ok(file);
    const image = await createClient({ baseUrl, token, fetch: losing }).upload(file);
    assert.equal(image.status, 'ready');
    assert.equal(await imagesOf(key), 1);
  });

  it('continues a queue with another token, and doubles nothing', async () => {
    const key = await service.keyOf({ owner: 'reload' });
    const queue = join(folder, 'reload');
    const send = createSendByHttp();
    const first = createClient({
      baseUrl,
      token: backendOf(key).token,
      async send(request) {
        const answer = await send(request);
        first.close();
        return answer;
      },
    }).uploader({ folder: queue, concurrency: 1 });
    await first.add(await files());
    await first.close();

    const second = createClient({ baseUrl, token: backendOf(key).token }).uploader({ folder: queue });
    await second.whenIdle();
    assert.deepEqual(
      second.items.map(({ state }) => state),
      ['ready', 'ready', 'ready'],
    );
    assert.equal(await imagesOf(key), 3);
    await second.close();
  });

  it('sends an item again if its image is hidden from the new credential', async () => {
    const queue = join(folder, 'other');
    const [one, other] = [await service.keyOf({ owner: 'one' }), await service.keyOf({ owner: 'other' })];
    const send = createSendByHttp();
    const first = createClient({
      baseUrl,
      token: one,
      async send(request) {
        first.close();
        return send(request);
      },
    }).uploader({ folder: queue });
    await first.add((await files()).slice(0, 1));
    await first.close();

    const second = createClient({ baseUrl, token: other }).uploader({ folder: queue });
    await second.whenIdle();
    assert.deepEqual(
      second.items.map(({ state }) => state),
      ['ready'],
    );
    assert.equal(await imagesOf(other), 1);
    await second.close();
  });

  it('asks for another token when one is used up', async () => {
    const key = await service.keyOf({ owner: 'counted' });
    const backend = backendOf(key, { max_images: 1 });
    const client = createClient({ baseUrl, token: backend.token });
    for (const file of await files()) assert.equal((await client.upload(file)).status, 'ready');
    assert.equal(backend.calls(), 3);
  });

  it('replaces the bytes of the one image that the token fixes, and may repeat what it fixes', async () => {
    const key = await service.keyOf({ owner: 'avatar' });
    const owner = createClient({ baseUrl, token: key });
    const [one = assert.fail(), two = assert.fail(), three = assert.fail()] = await files();
    const avatar = await owner.upload(one, { externalId: 'avatar', tags: ['face'] });
    const byName = createClient({ baseUrl, ...backendOf(key, { external_id: 'avatar', if_exists: 'replace' }) });
    const byId = createClient({ baseUrl, ...backendOf(key, { replaces: avatar.image_id }) });
    for (const [client, options] of [
      [byName, {}],
      [byName, { externalId: 'avatar', ifExists: 'replace' }],
      [byId, {}],
      [byId, { replaces: avatar.image_id }],
    ] as const)
      for (const file of [two, three]) {
        const image: Image = await client.upload(file, options);
        assert.deepEqual(
          [image.image_id, image.status, image.size, image.tags],
          [avatar.image_id, 'ready', file.size, []],
        );
      }
    await assert.rejects(byName.upload(one, { externalId: 'other' }), { code: 'invalid-request' });
    const { tags, size } = await owner.images.get(avatar.image_id);
    assert.deepEqual([tags, size], [['face'], three.size]);
    assert.equal(await imagesOf(key), 1);
  });

  it('waits with its queue while no token can be had, and goes on', async () => {
    const key = await service.keyOf({ owner: 'patient' });
    let isAway = true;
    const client = createClient({
      baseUrl,
      token() {
        if (isAway) throw new Error('the backend is away');
        return key;
      },
    });
    const uploads = client.uploader();
    const stalled = new Promise<void>((resolve) => {
      uploads.subscribe(() => uploads.snapshot().stalledBy?.code === 'no-token' && resolve());
    });
    await uploads.add(await files());
    await stalled;
    isAway = false;
    uploads.resume();
    await uploads.whenIdle();
    assert.deepEqual(
      uploads.items.map(({ state }) => state),
      ['ready', 'ready', 'ready'],
    );
  });

  for (const [name, token] of [
    ['an empty one', ' '],
    ['a page of an error', '<!doctype html>\n<title>Secret</title>'],
    ['one that isn’t ASCII', 'Sécret'],
    ['no text', undefined],
  ] as const)
    it(`refuses ${name} at once, and repeats nothing of it`, async () => {
      const client = createClient({ baseUrl, token: () => token as string });
      await assert.rejects(client.images.get('x'), (error: SafelightError) => {
        assert.equal(error.code, 'no-token');
        assert.doesNotMatch(inspect(error, { depth: 9 }).replace(/\n +at .*/g, ''), /S[eé]cret/);
        return true;
      });
      const uploads = client.uploader();
      await uploads.add((await files()).slice(0, 1));
      await uploads.whenIdle();
      assert.equal(uploads.items[0]?.error?.code, 'no-token');
    });

  it('can be aborted and closed while it waits for a token', async () => {
    const never = () => new Promise<string>(() => undefined);
    const client = createClient({ baseUrl, token: never });
    const [file] = await files();
    assert.ok(file);
    const controller = new AbortController();
    const upload = client.upload(file, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await assert.rejects(upload, { code: 'aborted' });
    const uploads = client.uploader();
    await uploads.add(file);
    await uploads.close();
  });
});
