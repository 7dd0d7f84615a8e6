import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createClosedService } from '../services/closed-service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const USAGE_ON = { USAGE: 'on' };
const json = { 'content-type': 'application/json' };
const grantOf = (fields: object = {}) => ({
  method: 'POST',
  headers: json,
  body: JSON.stringify({ user_id: 'ada', content_type: 'image/jpeg', size: 1_000, ...fields }),
});

describe('the usage of a user', () => {
  it('is what it stored and reserved, to the byte', async () => {
    await using service = await createSharingService({ environment: { ...USAGE_ON, QUOTA_BYTES: '10000000' } });
    const usage = async () => (await service.request('/usage?user_id=ada')).json();
    const nothing = { bytes: 0, images: 0, pending: 0, reserved_bytes: 0, trashed_bytes: 0 };
    const limits = { bytes: 10_000_000, images: null, pending: 1_000 };
    assert.deepEqual(await usage(), { user_id: 'ada', ...nothing, limits });

    const picture = await testImage({ type: 'image/jpeg', width: 64, height: 48 });
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new File([picture], 'a.jpg', { type: 'image/jpeg' }));
    const stored = (await (await service.request('/images', { method: 'POST', body: form })).json()) as {
      image_id: string;
    };
    assert.deepEqual(await usage(), { user_id: 'ada', ...nothing, images: 1, bytes: picture.length, limits });

    const granted = await service.request('/uploads', grantOf());
    assert.equal(granted.status, 201);
    const pending = { pending: 1, reserved_bytes: 1_000 };
    assert.deepEqual(await usage(), {
      user_id: 'ada',
      ...nothing,
      ...pending,
      images: 1,
      bytes: picture.length,
      limits,
    });

    await service.request(`/images/${stored.image_id}?user_id=ada`, { method: 'DELETE' });
    assert.deepEqual(await usage(), { user_id: 'ada', ...nothing, ...pending, limits });
  });

  it('is a 404 without USAGE, and a 400 without a user', async () => {
    await using silent = await createSharingService();
    assert.equal((await silent.request('/usage?user_id=ada')).status, 404);
    await using service = await createSharingService({ environment: USAGE_ON });
    const refused = await service.request('/usage');
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /expected the user whose usage is asked for/);
    assert.equal((await service.request('/usage?user_id=ada&limit=1')).status, 400);
  });
});

describe('an upload over the quota', () => {
  it('is a 403 that says the limit, what is used, reserved and asked', async () => {
    await using service = await createSharingService({ environment: { ...USAGE_ON, QUOTA_BYTES: '1500' } });
    assert.equal((await service.request('/uploads', grantOf())).status, 201);
    const refused = await service.request('/uploads', grantOf());
    assert.equal(refused.status, 403);
    const problem = (await refused.json()) as { code: string; quota: object };
    assert.equal(problem.code, 'quota-exceeded');
    assert.deepEqual(problem.quota, { limit: 'bytes', max: 1_500, used: 0, reserved: 1_000, asked: 1_000 });
    assert.equal((await service.request('/uploads', grantOf({ size: 500 }))).status, 201);
    assert.equal((await service.request('/uploads', grantOf({ user_id: 'bob' }))).status, 201);
  });

  it('is counted against the limits of the longest prefix of its user', async () => {
    const QUOTAS = JSON.stringify({ 'acme:': { images: 1 }, 'acme:vip:': { images: 2 } });
    await using service = await createClosedService({ environment: { ...USAGE_ON, QUOTA_IMAGES: '3', QUOTAS } });
    const key = await service.keyOf({ actsAs: { prefixes: ['acme'] } });
    for (const [user_id, images] of [
      ['acme:ada', 1],
      ['acme:bob', 1],
      ['acme:vip:ada', 2],
      ['acme', 3],
    ] as const) {
      const usage = service.as(key, `/usage?user_id=${encodeURIComponent(user_id)}`);
      const { limits } = (await (await usage).json()) as { limits: object };
      assert.deepEqual(limits, { bytes: null, images, pending: 1_000 });
      for (let n = 0; n <= images; n += 1)
        assert.equal((await service.as(key, '/uploads', grantOf({ user_id }))).status, n < images ? 201 : 403, user_id);
    }
  });

  it('refuses members of a batch one by one', async () => {
    await using service = await createSharingService({ environment: { ...USAGE_ON, QUOTA_IMAGES: '2' } });
    const uploads = Array.from({ length: 4 }, () => ({ content_type: 'image/jpeg', size: 1 }));
    const answer = await service.request('/images/uploads', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ user_id: 'ada', uploads }),
    });
    const { results } = (await answer.json()) as { results: { error?: { code: string; quota: object } }[] };
    for (const { error } of results)
      if (error) assert.deepEqual(error.quota, { limit: 'images', max: 2, used: 0, reserved: 2, asked: 1 });
    assert.deepEqual(
      results.map(({ error }) => error?.code).toSorted(),
      ['quota-exceeded', 'quota-exceeded', undefined, undefined].toSorted(),
    );
  });
});

describe('the reservation of a pending upload', () => {
  const MAX = 4_000;
  for (const [size, max_bytes, reserved] of [
    [undefined, undefined, MAX],
    [300, undefined, 300],
    [undefined, 2_000, 2_000],
    [300, 2_000, 300],
    [2_000, 2_000, 2_000],
    [undefined, 9_000, MAX],
  ] as const) {
    it(`is ${reserved} bytes of size ${size}, max_bytes ${max_bytes} and MAX_UPLOAD_BYTES ${MAX}`, async () => {
      await using service = await createClosedService({ environment: { ...USAGE_ON, MAX_UPLOAD_BYTES: `${MAX}` } });
      const ada = await service.keyOf({ owner: 'ada' });
      const minted = await service.as(ada, '/upload-tokens', {
        method: 'POST',
        headers: json,
        body: JSON.stringify(max_bytes === undefined ? {} : { max_bytes }),
      });
      const { token } = (await minted.json()) as { token: string };
      assert.equal((await service.as(token, '/uploads', grantOf({ user_id: undefined, size }))).status, 201);
      const { reserved_bytes } = (await (await service.as(ada, '/usage')).json()) as { reserved_bytes: number };
      assert.equal(reserved_bytes, reserved);
    });
  }
});

describe('limits of a user', () => {
  it('are set and removed by admins, and count for the next upload', async () => {
    await using service = await createClosedService({ environment: USAGE_ON });
    const ada = await service.keyOf({ owner: 'ada' });
    const limits = { bytes: null, images: 1, pending: null };
    const put = (key: string, body: object) =>
      service.as(key, '/quotas/ada', { method: 'PUT', headers: json, body: JSON.stringify(body) });
    assert.equal((await put(ada, limits)).status, 403);
    for (const wrong of [
      {},
      { ...limits, bytes: -1 },
      { ...limits, bytes: 1.5 },
      { ...limits, more: 1 },
      { images: 1 },
    ])
      assert.equal((await put(service.admin, wrong)).status, 400, JSON.stringify(wrong));
    const set = await put(service.admin, limits);
    assert.deepEqual(
      [set.status, await set.json()],
      [
        200,
        {
          user_id: 'ada',
          bytes: 0,
          images: 0,
          pending: 0,
          reserved_bytes: 0,
          trashed_bytes: 0,
          limits,
          has_own_limits: true,
        },
      ],
    );
    const grant = () => service.as(ada, '/uploads', grantOf());
    assert.deepEqual([(await grant()).status, (await grant()).status], [201, 403]);
    const users = (await (await service.as(service.admin, '/users')).json()) as { users: { user_id: string }[] };
    assert.deepEqual(
      users.users.map(({ user_id }) => user_id),
      ['ada'],
    );
    assert.equal((await service.as(ada, '/users')).status, 403);
    assert.equal((await service.as(service.admin, '/quotas/ada', { method: 'DELETE' })).status, 200);
    assert.equal((await grant()).status, 201);
    const own = (await (await service.as(ada, '/usage')).json()) as { limits: object; pending: number };
    assert.deepEqual([own.limits, own.pending], [{ bytes: null, images: null, pending: 1_000 }, 2]);
  });
});
