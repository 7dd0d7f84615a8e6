import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestService, json } from '../services/service.ts';
import { mint, refusal, told } from '../upload-tokens/token-client.ts';
import { answered, createViewService, mintView } from './view-client.ts';

describe('POST /view-tokens', () => {
  it('answers a backend with exactly the promised fields, which no cache keeps', async () => {
    await using service = await createViewService();
    const answer = await service.as(service.backend, '/view-tokens', json({ user_id: 'ada', expires_in: 60 }));
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
    const { token, token_id, expires_at, ...rest } = (await answer.json()) as Record<string, string>;
    assert.deepEqual(rest, { user_id: 'ada' });
    assert.match(token ?? '', /^slv_[\w-]+\.[\w-]{43}$/);
    assert.match(token_id ?? '', /^v[\w-]{22}$/);
    const leftMs = Date.parse(expires_at ?? '') - service.clock.now().getTime();
    assert.ok(leftMs > 58_000 && leftMs <= 60_000, `${leftMs} ms left`);
  });

  it('lets a user leave out the user and even the body, and needs no more than images:read', async () => {
    await using service = await createViewService();
    const reader = await service.keyOf({ owner: 'ada', scopes: ['images:read'] });
    const { status, body } = await told(service.as(reader, '/view-tokens', { method: 'POST' }));
    assert.deepEqual([status, body['user_id']], [201, 'ada']);
    const leftMs = Date.parse(String(body['expires_at'])) - service.clock.now().getTime();
    assert.ok(leftMs > 3_590_000 && leftMs <= 3_600_000, `${leftMs} ms left`);
  });

  it('tells the holder what it shows', async () => {
    await using service = await createViewService();
    const described = async (fields: object) => {
      const { token } = await mintView(service, service.backend, { user_id: 'ada', ...fields });
      return answered<object>(service.as(token, '/whoami'));
    };
    const plain = {
      kind: 'view-token',
      user_id: 'ada',
      users: ['ada'],
      scopes: ['images:read'],
      only_tags: [],
      originals: false,
      metadata: false,
    };
    assert.deepEqual(await described({}), plain);
    assert.deepEqual(await described({ upload: null, only_tags: null, originals: null }), plain);
    assert.deepEqual(
      await described({
        only_tags: ['sea', ' sea', 'sun'],
        originals: true,
        metadata: true,
        upload: { tags: ['sun', 'sea'] },
      }),
      {
        ...plain,
        scopes: ['images:read', 'images:upload'],
        only_tags: ['sea', 'sun'],
        originals: true,
        metadata: true,
      },
    );
  });

  it('names the field that is wrong', async () => {
    await using service = await createViewService();
    const tags = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const [fields, pointer, detail] of [
      [{ expires_in: 59 }, '/expires_in', /from 60 to 86400/],
      [{ expires_in: 86_401 }, '/expires_in', /from 60 to 86400/],
      [{ only_tags: [] }, '/only_tags', 'expected 1 to 5 tags; got none'],
      [{ only_tags: tags }, '/only_tags', 'expected 1 to 5 tags; got 6'],
      [{ only_tags: 'a' }, '/only_tags', /expected an array of tags/],
      [{ originals: 'true' }, '/originals', 'expected true or false; got "true"'],
      [{ metadata: 1 }, '/metadata', 'expected true or false; got 1'],
      [{ upload: true }, '/upload', /expected an object with the bounds of uploads/],
      [{ upload: { max_bytes: 0 } }, '/upload/max_bytes', /1 or more/],
      [{ upload: { only_tags: ['a'] } }, '/upload/only_tags', /tags/],
      [{ original: true }, '/original', /originals/],
      [{ only_tags: ['a', 'b'], upload: {} }, '/upload/tags', /expected every tag of only_tags/],
      [{ only_tags: ['a', 'b'], upload: { tags: ['a'] } }, '/upload/tags', /expected every tag of only_tags/],
      [{ upload: { metadata: { a: 'x'.repeat(4_000) } } }, '/upload/metadata', /at most 4096 characters/],
      [{ user_id: '' }, '/user_id', /user/],
    ] as const) {
      const { status, body } = await told(
        service.as(service.backend, '/view-tokens', json({ user_id: 'ada', ...fields })),
      );
      const [error] = body.errors ?? [];
      assert.deepEqual([status, body.code, error?.pointer], [400, 'invalid-request', pointer], JSON.stringify(fields));
      if (typeof detail === 'string') assert.equal(error?.detail, detail);
      else assert.match(error?.detail ?? '', detail);
    }
  });

  it('needs a user whom the credential may act for', async () => {
    await using service = await createViewService();
    const [ada, list] = [await service.keyOf({ owner: 'ada' }), await service.keyOf({ actsAs: ['ada'] })];
    for (const key of [ada, list])
      assert.deepEqual(await refusal(service.as(key, '/view-tokens', json({ user_id: 'bob' }))), [
        403,
        'forbidden',
        undefined,
      ]);
    for (const key of [list, service.backend, service.admin])
      assert.deepEqual(await refusal(service.as(key, '/view-tokens', json({}))), [400, 'invalid-request', 'user_id']);
  });

  it('gives nobody a right that it lacks', async () => {
    await using service = await createViewService();
    const reader = await service.keyOf({ owner: 'ada', scopes: ['images:read'] });
    const uploader = await service.keyOf({ owner: 'ada', scopes: ['images:upload'] });
    const { body } = await told(service.as(reader, '/view-tokens', json({ upload: {} })));
    assert.deepEqual([body.code, body['params']], ['missing-scope', { scope: 'images:upload' }]);
    const view = await mintView(service, service.backend, { user_id: 'ada', originals: true, upload: {} });
    const { token } = await mint(service, uploader);
    for (const credential of [uploader, token, view.token])
      for (const path of ['/view-tokens', '/view-tokens/revoke'])
        assert.deepEqual(await refusal(service.as(credential, path, json({}))), [403, 'missing-scope', undefined]);
    assert.deepEqual(await refusal(service.as(view.token, '/upload-tokens', json({}))), [
      403,
      'missing-scope',
      undefined,
    ]);
  });

  it('does not exist in open mode', async () => {
    await using service = await createTestService();
    for (const path of ['/view-tokens', '/view-tokens/revoke'])
      assert.deepEqual(await refusal(service.request(path, json({ user_id: 'ada' }))), [
        404,
        'route-not-found',
        undefined,
      ]);
  });
});
