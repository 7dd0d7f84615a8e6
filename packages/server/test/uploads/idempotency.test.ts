import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, post, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const picture = async (seed: number) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed }));
const [jpeg, other] = [await picture(1), await picture(2)];
const KEY = { 'Idempotency-Key': 'key-1' };

interface Answer {
  readonly image_id: string;
  readonly upload_url?: string;
  readonly status: string | number;
  readonly code?: string;
  readonly headers?: Record<string, string>;
}

const ask = async (
  service: TestService,
  init: RequestInit,
  path = '/images/upload',
): Promise<Answer & { http: number }> => {
  const response = await service.request(path, { method: 'POST', ...init });
  return { ...((await response.json()) as Answer), http: response.status };
};
const grant = (fields: object = {}, headers: Record<string, string> = KEY) =>
  json({ user_id: 'u', content_type: 'image/jpeg', ...fields }, headers);
const form = (body: Uint8Array<ArrayBuffer>): RequestInit => {
  const data = new FormData();
  data.set('user_id', 'u');
  data.set('file', new File([body], 'a.jpg', { type: 'image/jpeg' }));
  return { method: 'POST', body: data, headers: KEY };
};
const base64 = (body: Uint8Array) =>
  json(
    { file: Buffer.from(body).toString('base64'), metadata: { content_type: 'image/jpeg' } },
    { 'user-id': 'u', ...KEY },
  );
const raw = (body: Uint8Array<ArrayBuffer>) => post(body, 'image/jpeg', { 'X-User-Id': 'u', ...KEY });

describe('an Idempotency-Key on a grant', () => {
  it('answers a new URL for the same upload while it is pending, and later its state without a URL', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const first = await ask(service, grant());
    clock.offsetMs = 60_000;
    const again = await ask(service, grant());
    assert.equal(again.image_id, first.image_id);
    assert.notEqual(again.upload_url, first.upload_url);
    const put = await service.send(again.upload_url ?? '', { method: 'PUT', headers: again.headers ?? {}, body: jpeg });
    assert.equal(put.status, 200);
    const later = await ask(service, grant());
    assert.deepEqual([later.image_id, later.status, later.upload_url], [first.image_id, 'ready', undefined]);
  });

  it('is a 409 conflict with other fields, and free for another user', async () => {
    await using service = await createSharingService();
    const first = await ask(service, grant());
    for (const fields of [
      { content_type: 'image/png' },
      { tags: ['a'] },
      { size: 5 },
      { method: 'POST' },
      { filename: 'x.jpg' },
    ]) {
      const { http, code } = await ask(service, grant(fields));
      assert.deepEqual([http, code], [409, 'idempotency-conflict'], JSON.stringify(fields));
    }
    assert.notEqual((await ask(service, grant({ user_id: 'v' }))).image_id, first.image_id);
  });

  it('is forgotten after 24 hours', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const first = await ask(service, grant());
    clock.offsetMs = 24 * 3_600_000 + 1_000;
    assert.notEqual((await ask(service, grant())).image_id, first.image_id);
  });

  it('makes one upload for twenty concurrent requests', async () => {
    await using service = await createSharingService();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(service, grant())));
    assert.equal(new Set(answers.map(({ image_id }) => image_id)).size, 1);
    assert.ok(answers.every(({ http, upload_url }) => http === 200 && upload_url));
  });

  it('covers a whole batch', async () => {
    await using service = await createSharingService();
    const batch = json({ user_id: 'u', uploads: [{ content_type: 'image/jpeg' }, { content_type: 'image/png' }] }, KEY);
    const ids = async () =>
      (
        (await (await service.request('/images/uploads', batch)).json()) as { results: { grant: Answer }[] }
      ).results.map((result) => result.grant.image_id);
    const first = await ids();
    assert.equal(new Set(first).size, 2);
    assert.deepEqual(await ids(), first);
    assert.equal(
      (await ask(service, grant({ content_type: 'image/png' }, { 'Idempotency-Key': 'key-1#1' }))).http,
      200,
    );
  });

  it('may have 255 characters; a longer key is 400', async () => {
    await using service = await createSharingService();
    assert.equal((await ask(service, grant({}, { 'Idempotency-Key': 'x'.repeat(255) }))).http, 200);
    assert.equal((await ask(service, grant({}, { 'Idempotency-Key': 'x'.repeat(256) }))).http, 400);
  });
});

describe('an Idempotency-Key on a direct upload', () => {
  for (const [name, way] of Object.entries({ raw, form, base64 })) {
    it(`makes one image for many concurrent and later requests: ${name}`, async () => {
      await using service = await createSharingService();
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(service, way(jpeg))));
      assert.deepEqual(
        new Set(answers.map(({ http }) => http)),
        new Set([200]),
        JSON.stringify(answers.find(({ http }) => http !== 200)),
      );
      assert.equal(new Set(answers.map(({ image_id }) => image_id)).size, 1);
      assert.equal((await ask(service, way(jpeg))).image_id, answers[0]?.image_id);
      assert.equal((await service.storedFiles()).length, 1);
      assert.deepEqual([(await ask(service, way(other))).code], ['idempotency-conflict']);
    });
  }

  it('is free after a refusal', async () => {
    await using service = await createSharingService();
    const html = new Uint8Array(Buffer.from('<html>'));
    assert.equal((await ask(service, raw(html))).http, 400);
    assert.equal((await ask(service, raw(jpeg))).http, 200);
  });

  it('returns the current state of the image', async () => {
    await using service = await createSharingService();
    const { image_id } = await ask(service, raw(jpeg));
    await service.request(`/images/${image_id}`, { method: 'DELETE' });
    const later = await ask(service, raw(jpeg));
    assert.deepEqual([later.http, later.image_id, later.status], [200, image_id, 'deleted']);
  });

  it('is taken over under the same id past the lease of a request that died', async () => {
    const clock = movingClock();
    let dies = true;
    const reached = Promise.withResolvers<void>();
    await using service = await createSharingService({
      overrides: {
        clock,
        wrapImaging: (imaging) => ({
          ...imaging,
          // The first request never returns, as if its process had died.
          inspect(path, type) {
            if (!dies) return imaging.inspect(path, type);
            reached.resolve();
            return new Promise(() => {});
          },
        }),
      },
    });
    void ask(service, raw(jpeg));
    await reached.promise;
    dies = false;
    const waiting = ask(service, raw(jpeg));
    while ((await service.storedFiles()).length < 2) await new Promise(setImmediate); // the second is about to request the key
    await delay(100);
    clock.offsetMs = 31_000;
    const taken = await waiting;
    assert.equal(taken.http, 200, JSON.stringify(taken));
    assert.equal((await ask(service, raw(jpeg))).image_id, taken.image_id);
  });

  it('can be repeated immediately after a fault of the service, and makes one image', async () => {
    let faults = 1;
    await using service = await createSharingService({
      overrides: {
        wrapImaging: (imaging) => ({
          ...imaging,
          async inspect(path, type) {
            if (faults-- > 0) throw new AppError('unavailable', 'the disk is gone');
            return imaging.inspect(path, type);
          },
        }),
      },
    });
    assert.equal((await ask(service, raw(jpeg))).http, 503);
    const again = await ask(service, raw(jpeg));
    assert.deepEqual([again.http, again.status], [200, 'ready']);
    assert.equal((await ask(service, raw(jpeg))).image_id, again.image_id);
  });

  it('makes one image, even if its first request died after publishing and the next was refused', async () => {
    const clock = movingClock();
    let isBusy = false;
    await using service = await createSharingService({
      overrides: {
        clock,
        wrapImaging: (imaging) => ({
          ...imaging,
          async inspect(...file) {
            if (isBusy) throw new AppError('overloaded', 'too many wait');
            return imaging.inspect(...file);
          },
        }),
      },
    });
    const { images } = service.services;
    const { replaceKeyUse } = images;
    images.replaceKeyUse = () => Promise.reject(new AppError('unavailable', 'the process died here'));
    assert.equal((await ask(service, raw(jpeg))).http, 503);
    images.replaceKeyUse = replaceKeyUse;
    clock.offsetMs = 31_000; // past the lease of the dead request
    isBusy = true;
    assert.equal((await ask(service, raw(jpeg))).http, 429);
    isBusy = false;
    assert.equal((await ask(service, raw(jpeg))).http, 200);
    const { count } = (await (await service.request('/images?user_id=u')).json()) as { count: number };
    assert.equal(count, 1);
  });

  it('is 409 idempotency-in-progress after a wait for the other request', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const { image_id } = await ask(service, raw(jpeg));
    const { images } = service.services;
    const imageId = image_id as Parameters<typeof images.get>[0];
    const none = { userId: 'u', key: 'key-1', fingerprint: '', imageId, leaseUntil: null, expiresAt: new Date() };
    const standing = await images.useKey(none, clock.now());
    assert.ok(standing);
    await images.replaceKeyUse(standing, { ...standing, leaseUntil: new Date(Date.now() + 45_000) }); // another request is working

    const { useKey } = images;
    const waits = Promise.withResolvers<void>();
    let looks = 0;
    images.useKey = (...call) => {
      looks += 1;
      if (looks === 2) waits.resolve();
      return useKey(...call);
    };
    const asked = service.request('/images/upload', raw(jpeg));
    await Promise.race([waits.promise, asked]);
    assert.ok(looks >= 2, 'expected another look after a wait; got an answer');
    clock.offsetMs = 11_000; // past the wait and within the lease
    const response = await asked;
    assert.equal(response.status, 409);
    assert.ok(response.headers.get('retry-after'));
    assert.match(await response.text(), /idempotency-in-progress/);
  });
});

describe('a batch', () => {
  it('grants valid items, and returns an error for each other item', async () => {
    await using service = await createSharingService();
    const uploads = [
      { content_type: 'image/jpeg' },
      { content_type: 'text/html' },
      7,
      { content_type: 'image/png', user_id: 'v' },
    ];
    const response = await service.request('/images/uploads', json({ uploads }, { 'X-User-Id': 'u' }));
    const { count, results } = (await response.json()) as {
      count: number;
      results: { index: number; grant?: Answer; error?: Answer }[];
    };
    assert.equal(response.status, 200);
    assert.deepEqual(
      [count, results.map(({ index, grant, error }) => [index, grant?.status, error?.code])],
      [
        1,
        [
          [0, 'pending', undefined],
          [1, undefined, 'unsupported-type'],
          [2, undefined, 'invalid-request'],
          [3, undefined, 'invalid-request'],
        ],
      ],
    );
  });

  it('accepts 1 to 100 uploads, and 1 to 1,000 deletes', async () => {
    await using service = await createSharingService();
    const uploads = (length: number) =>
      json({ user_id: 'u', uploads: Array(length).fill({ content_type: 'image/jpeg' }) });
    const ids = (length: number) => json({ image_ids: Array(length).fill('01a1f803-fab2-76af-9766-f778a1c0a763') });
    const status = async (path: string, init: RequestInit) => (await service.request(path, init)).status;
    for (const [length, expected] of [
      [0, 400],
      [1, 200],
      [100, 200],
      [101, 400],
    ] as const) {
      assert.equal(await status('/images/uploads', uploads(length)), expected, String(length));
    }
    for (const [length, expected] of [
      [0, 400],
      [1, 200],
      [1000, 200],
      [1001, 400],
    ] as const) {
      assert.equal(await status('/images/delete', ids(length)), expected, String(length));
    }
  });

  it('grants a hundred uploads with the longest fields', async () => {
    await using service = await createSharingService();
    const metadata = Object.fromEntries(Array.from({ length: 75 }, (_, index) => [`key${index}`, [index, ',[{']]));
    const tags = Array.from({ length: 20 }, (_, index) => `tag ${index}, and more`);
    const upload = { content_type: 'image/jpeg', tags, metadata, description: ',[{'.repeat(600) };
    const response = await service.request('/images/uploads', json({ user_id: 'u', uploads: Array(100).fill(upload) }));
    const { count } = (await response.json()) as { count: number };
    assert.deepEqual([response.status, count], [200, 100]);
  });

  it('deletes images that exist and belong to the user, each once', async () => {
    await using service = await createSharingService();
    const mine = await ask(service, post(jpeg, 'image/jpeg', { 'X-User-Id': 'u' }));
    const theirs = await ask(service, post(other, 'image/jpeg', { 'X-User-Id': 'v' }));
    const image_ids = [mine.image_id, theirs.image_id, 'nonsense', mine.image_id];
    const response = await service.request('/images/delete', json({ user_id: 'u', image_ids }));
    const { count, results } = (await response.json()) as {
      count: number;
      results: { status?: string; error?: Answer }[];
    };
    assert.equal(count, 1);
    assert.deepEqual(results.map(({ error }) => error?.code).slice(1, 3), ['forbidden', 'image-not-found']);
    assert.deepEqual(results.filter(({ status }) => status === 'deleted').length, 1);
    assert.equal((await service.storedFiles()).length, 1);
  });
});
