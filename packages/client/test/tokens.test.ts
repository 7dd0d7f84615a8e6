import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClientOptions, createClient, type Uploader } from '@safelight/client';
import { testImage } from '../../server/test/pictures/test-images.ts';
import { type ClosedService, createClosedService } from '../../server/test/services/closed-service.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';

const photo = async (seed: number): Promise<File> =>
  new File([new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed }))], `photo ${seed}.jpg`);

describe('a token function', () => {
  let service: ClosedService;
  let listening: ListeningService;
  let baseUrl: string;
  before(async () => {
    service = await createClosedService();
    listening = await listen(service);
    baseUrl = `http://${listening.address}`;
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** As a user's backend mints them. */
  async function uploadToken(owner: string, bounds: object = {}): Promise<string> {
    const body = JSON.stringify(bounds);
    const headers = { 'content-type': 'application/json' };
    const answer = await service.as(await service.keyOf({ owner }), '/upload-tokens', {
      method: 'POST',
      headers,
      body,
    });
    return ((await answer.json()) as { token: string }).token;
  }

  const clientOf = (token: NonNullable<ClientOptions['token']>, more: ClientOptions = {}) =>
    createClient({ baseUrl, token, ...more });

  const statesOf = (uploads: Uploader) => uploads.items.map(({ state }) => state);

  it('is called once more when a token is used up', async () => {
    let calls = 0;
    const client = clientOf(() => {
      calls += 1;
      return uploadToken('used', { max_images: 1 });
    });
    for (const seed of [1, 2, 3]) await client.upload(await photo(seed));
    assert.equal(calls, 3);
  });

  it('is called once more when a token is used up, and no more than once', async () => {
    const token = await uploadToken('empty', { max_images: 1 });
    let calls = 0;
    const client = clientOf(() => {
      calls += 1;
      return token;
    });
    await client.upload(await photo(1));
    await assert.rejects(client.upload(await photo(2)), { code: 'upload-token-used-up', status: 403 });
    assert.equal(calls, 2);
  });

  it('may sign in another user in the middle of an upload, whose image it is then', async () => {
    const send = createSendByHttp();
    let owner = 'first';
    const client = clientOf(() => uploadToken(owner, { expires_in: 60 }), {
      async send(request) {
        if (owner === 'first') service.clock.offsetMs += 3_600_000 + 1_000; // token and URL end
        owner = 'second';
        return send(request);
      },
    });
    const granted: string[] = [];
    const image = await client.upload(await photo(1), { onGranted: (id) => granted.push(id) });
    assert.equal(image.user_id, 'second');
    assert.equal(granted.length, 2);
    assert.equal(granted.at(-1), image.image_id);
  });

  it('that fails lets a queue wait, which goes on by itself', async () => {
    const key = await service.keyOf({ owner: 'late' });
    let isDown = true;
    const uploads = clientOf(async () => {
      if (isDown) throw new Error('our backend is down');
      return key;
    }).uploader();
    const stalled = new Promise<void>((resolve) => {
      const isStalled = () => uploads.snapshot().stalledBy?.code === 'no-token';
      uploads.subscribe(() => isStalled() && statesOf(uploads).every((state) => state === 'waiting') && resolve());
    });
    await uploads.add([await photo(1), await photo(2)]);
    await Promise.race([stalled, uploads.whenIdle()]);
    assert.deepEqual(statesOf(uploads), ['waiting', 'waiting']);
    isDown = false;
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['ready', 'ready']);
  });

  it('that makes a malformed token fails the items of a queue', async () => {
    const uploads = clientOf(() => '<title>Sign in</title>').uploader();
    await uploads.add(await photo(1));
    await uploads.whenIdle();
    assert.deepEqual(
      uploads.items.map(({ error }) => error?.code),
      ['no-token'],
    );
  });

  it('that never answers keeps neither an aborted request nor a closed queue', async () => {
    const called = Promise.withResolvers<void>();
    const never = () => {
      called.resolve();
      return new Promise<string>(() => undefined);
    };
    const client = clientOf(never);
    const controller = new AbortController();
    const uploading = client.upload(await photo(1), { signal: controller.signal });
    await called.promise;
    controller.abort();
    await assert.rejects(uploading, { code: 'aborted' });

    const uploads = client.uploader();
    const running = new Promise<void>((resolve) => {
      uploads.subscribe(() => statesOf(uploads).includes('uploading') && resolve());
    });
    await uploads.add(await photo(2));
    await running;
    await uploads.close();
    assert.deepEqual(statesOf(uploads), ['waiting']);
  });
});
