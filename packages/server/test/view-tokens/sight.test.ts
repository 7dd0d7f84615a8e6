import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moveEvents } from '../../src/operations/upkeep/move-events.ts';
import { json, post } from '../services/service.ts';
import { FORMS, mint, picture, told } from '../upload-tokens/token-client.ts';
import { answered, createViewService, type Listed, mintView, statusOf, upload } from './view-client.ts';

const idsIn = ({ images }: Listed) => new Set(images.map(({ image_id }) => image_id));

describe('the list of a view token', () => {
  it('has the ready images of its user with all of its tags, and refuses what those cannot answer', async () => {
    await using service = await createViewService();
    const { backend } = service;
    const of = (tags: readonly string[], user = 'ada') => upload(service, backend, { user, tags });
    const [both, one, none] = [await of(['sea', 'sun']), await of(['sea']), await of([])];
    const foreign = await of(['sea', 'sun'], 'bob');
    const list = async (fields: object, query = '') => {
      const { token } = await mintView(service, backend, { user_id: 'ada', ...fields });
      return idsIn(await answered<Listed>(service.as(token, `/images?${query}`)));
    };
    assert.deepEqual(await list({}), new Set([both, one, none]));
    assert.deepEqual(await list({}, 'tag=sea&tag=sun&tag_mode=any'), new Set([both, one]));
    assert.deepEqual(await list({ only_tags: ['sea'] }), new Set([both, one]));
    assert.deepEqual(await list({ only_tags: ['sea'] }, 'tag=sun'), new Set([both]));
    assert.deepEqual(await list({ only_tags: ['sea', 'sun'] }, 'user_id=ada'), new Set([both]));

    const { token } = await mintView(service, backend, { user_id: 'ada', only_tags: ['sea'] });
    for (const query of ['tag_mode=any', 'tag_mode=any&tag=sea', 'q=my', 'status=pending', 'status=trashed']) {
      const { status, body } = await told(service.as(token, `/images?${query}`));
      const pointer = `?${query.split('=')[0]}`;
      assert.deepEqual([status, body.errors?.[0]?.pointer], [400, pointer], query);
    }
    assert.equal(await statusOf(service.as(token, '/images?user_id=bob')), 403);
    for (const id of [none, foreign]) assert.equal(await statusOf(service.as(token, `/images/${id}/metadata`)), 404);
  });

  it('is counted only without only_tags, and only with status ready', async () => {
    await using service = await createViewService();
    const { backend } = service;
    for (const tags of [['sea'], []]) await upload(service, backend, { user: 'ada', tags });
    await upload(service, backend, { user: 'bob' });
    const count = async (fields: object, query = '') => {
      const { token } = await mintView(service, backend, { user_id: 'ada', ...fields });
      return told(service.as(token, `/images?count_total=true${query}`));
    };
    assert.equal((await count({})).body['total'], 2);
    const unseen = await count({}, '&status=pending');
    assert.deepEqual([unseen.status, unseen.body.errors?.[0]?.pointer], [400, '?status']);
    const { status, body } = await count({ only_tags: ['sea'] });
    const detail = 'expected a list without count_total, since the view token has only_tags; got count_total';
    assert.deepEqual([status, body.errors], [400, [{ pointer: '?count_total', detail }]]);
  });

  it('has cursors that other tokens of the same bounds continue, and that nobody reads', async () => {
    await using service = await createViewService();
    const { backend } = service;
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push(await upload(service, backend, { user: 'ada', tags: ['sea'], seed }));
    const page = async (fields: object, cursor?: string) => {
      const { token } = await mintView(service, backend, { user_id: 'ada', ...fields });
      const query = cursor === undefined ? '' : `&cursor=${cursor}`;
      return told(service.as(token, `/images?limit=1${query}`));
    };
    const first = await page({ only_tags: ['sea'] });
    const cursor = String(first.body['next_cursor']);
    const bytes = Buffer.from(cursor, 'base64url').toString('hex');
    for (const id of ids) assert.ok(!bytes.includes(id.replaceAll('-', '')), 'the position can be read');
    assert.equal((await page({ only_tags: ['sea'] }, cursor)).status, 200);
    for (const fields of [{}, { only_tags: ['sun'] }])
      assert.equal((await page(fields, cursor)).body.code, 'invalid-cursor');
  });
});

describe('the images of a view token', () => {
  it('show their presets, and originals and metadata only if it says so', async () => {
    await using service = await createViewService();
    const { backend } = service;
    const id = await upload(service, backend, { user: 'ada', metadata: { order: 'A17' } });
    for (const originals of [false, true])
      for (const metadata of [false, true]) {
        const { token } = await mintView(service, backend, { user_id: 'ada', originals, metadata });
        const image = await answered<Record<string, unknown>>(service.as(token, `/images/${id}/metadata`));
        assert.deepEqual(image['metadata'], metadata ? { order: 'A17' } : {});
        for (const name of ['sha256', 's3_key', 's3_url']) assert.equal(image[name] !== null, originals, name);
        const { images } = await answered<Listed>(service.as(token, '/images?fields=metadata,sha256'));
        assert.deepEqual(images, [{ image_id: id, sha256: image['sha256'], metadata: image['metadata'] }]);
        const { thumb } = image['renditions'] as Record<string, string>;
        assert.equal(await statusOf(service.request(new URL(thumb ?? '').pathname + new URL(thumb ?? '').search)), 200);
        assert.equal(await statusOf(service.as(token, `/images/${id}/renditions/thumb`)), 200);
        for (const path of ['/original', '/download', '', '?download=true'])
          assert.equal(await statusOf(service.as(token, `/images/${id}${path}`)), originals ? 200 : 403, path);
      }
  });

  it('have presigned URLs of a minute, and those of others live as long as the setting says', async () => {
    await using service = await createViewService({ BYTES: 'redirect', PRESIGNED_EXPIRATION: '300' });
    const { backend } = service;
    const id = await upload(service, backend, { user: 'ada' });
    const { token } = await mintView(service, backend, { user_id: 'ada', originals: true });
    const secondsOf = async (credential: string): Promise<number[]> => {
      const locations = ['/original', '', '/renditions/thumb'].map(async (path) => {
        const answer = await service.as(credential, `/images/${id}${path}`);
        await answer.body?.cancel();
        return answer.headers.get('location') ?? '';
      });
      const { download_url } = await answered<{ download_url: string }>(
        service.as(credential, `/images/${id}/download`),
      );
      const urls = [...(await Promise.all(locations)), download_url];
      return urls.map((url) => Number(new URL(url).searchParams.get('X-Amz-Expires')));
    };
    assert.deepEqual(await secondsOf(token), [60, 60, 60, 60]);
    for (const seconds of await secondsOf(backend)) assert.ok(seconds > 60, `${seconds} s`);
  });

  it('are gone while they are not ready, and no changing, sharing or operating request exists', async () => {
    await using service = await createViewService();
    const { backend } = service;
    const id = await upload(service, backend, { user: 'ada' });
    const { token } = await mintView(service, backend, { user_id: 'ada', originals: true, metadata: true, upload: {} });
    for (const [path, init] of [
      [`/images/${id}/render-url`, json({ w: 8 })],
      ['/render-urls', json({ renders: [{ image_id: id, w: 8 }] })],
      [`/images/${id}/renditions/thumb/download`, {}],
      [`/images/${id}/links`, {}],
      [`/images/${id}/links`, json({ what: 'original' })],
      [`/images/${id}`, { ...json({ description: 'x' }), method: 'PATCH' }],
      [`/images/${id}/trash`, { method: 'POST' }],
      [`/images/${id}`, { method: 'DELETE' }],
      ['/usage', {}],
      ['/keys', {}],
    ] as const)
      assert.equal((await told(service.as(token, path, init))).body.code, 'missing-scope', path);
    assert.equal(await statusOf(service.as(backend, `/images/${id}/trash?user_id=ada`, { method: 'POST' })), 200);
    for (const path of ['/metadata', '/renditions/thumb', '/renditions/thumb?trashed=true', '/original'])
      assert.equal(await statusOf(service.as(token, `/images/${id}${path}`)), 404, path);
    assert.equal(idsIn(await answered<Listed>(service.as(token, '/images'))).size, 0);
  });
});

describe('uploads by a view token', () => {
  for (const [name, form] of Object.entries(FORMS))
    it(`${name}: within its bounds, and only if it was minted with upload`, async () => {
      await using service = await createViewService();
      const { backend } = service;
      const bounds = { tags: ['sea'], content_types: ['image/jpeg'], max_images: 1 };
      const { token } = await mintView(service, backend, { user_id: 'ada', only_tags: ['sea'], upload: bounds });
      const plain = await mintView(service, backend, { user_id: 'ada' });
      const refused = await told(service.as(plain.token, ...form.request({})));
      assert.deepEqual([refused.status, refused.body.code], [403, 'missing-scope']);
      assert.equal((await told(service.as(token, ...form.request({ tags: ['sun'] })))).body.code, 'invalid-request');
      const { body } = await told(service.as(token, ...form.request({})));
      const image = await told(service.as(token, `/images/${body.image_id}/metadata`));
      assert.deepEqual([image.body['user_id'], image.body['tags']], ['ada', ['sea']]);
      assert.equal((await told(service.as(token, ...form.request({})))).body.code, 'upload-token-used-up');
    });

  it('are repeated by their Idempotency-Key while the token sees the image, and never tell of another', async () => {
    await using service = await createViewService();
    const { backend } = service;
    const key = { 'Idempotency-Key': 'one' };
    const minted = (tag: string) =>
      mintView(service, backend, { user_id: 'ada', only_tags: [tag], upload: { tags: [tag, 'sun'] } });
    const sea = await minted('sea');
    const jpeg = await picture();
    const send = (token: string, query = '') =>
      told(service.as(token, `/images/upload${query}`, post(jpeg, 'image/jpeg', key)));
    const first = await send(sea.token);
    assert.equal(first.status, 200);
    assert.equal((await send((await minted('sea')).token)).body.image_id, first.body.image_id);
    const path = `/images/${first.body.image_id}?user_id=ada`;
    assert.equal(await statusOf(service.as(backend, path, { ...json({ tags: ['sun'] }), method: 'PATCH' })), 200);
    const after = await send(sea.token);
    assert.deepEqual([after.status, after.body.code], [409, 'idempotency-conflict']);
    assert.ok(!JSON.stringify(after.body).includes(first.body.image_id));
  });

  it('are described while they are pending, those of view tokens of its minter only', async () => {
    await using service = await createViewService();
    const { backend } = service;
    const other = await service.keyOf({ actsAs: 'everyone' });
    const grant = (token: string) =>
      answered<{ image_id: string }>(service.as(token, '/uploads', json({ content_type: 'image/jpeg' })), 201);
    const own = await mintView(service, backend, { user_id: 'ada', upload: {} });
    const foreign = await grant((await mintView(service, other, { user_id: 'ada', upload: {} })).token);
    const earlier = await grant((await mintView(service, backend, { user_id: 'ada', upload: {} })).token);
    const byUploadToken = await grant((await mint(service, backend, { user_id: 'ada' })).token);
    const { image_id } = await grant(own.token);
    const plain = await mintView(service, backend, { user_id: 'ada' });
    const seen = async (token: string, id: string) => statusOf(service.as(token, `/images/${id}/metadata`));
    assert.deepEqual([await seen(own.token, image_id), await seen(own.token, earlier.image_id)], [200, 200]);
    assert.deepEqual([await seen(own.token, foreign.image_id), await seen(plain.token, image_id)], [404, 404]);
    assert.equal(await seen(own.token, byUploadToken.image_id), 404);
  });
});

describe('the events of a view token', () => {
  it('are those of ready images of its user, without what it does not see', async () => {
    await using service = await createViewService({ EVENTS: 'on' });
    const { backend } = service;
    const id = await upload(service, backend, { user: 'ada' });
    await upload(service, backend, { user: 'bob' });
    await answered(service.as(backend, '/uploads', json({ user_id: 'ada', content_type: 'image/jpeg' })), 201);
    const change = (fields: object) =>
      answered(service.as(backend, `/images/${id}?user_id=ada`, { ...json(fields), method: 'PATCH' }));
    await change({ metadata: { a: 1 } });
    await change({ metadata: { a: 2 }, description: 'x' });
    await moveEvents(service.services, { holder: 'test', signal: new AbortController().signal });
    const told = async (fields: object) => {
      const { token } = await mintView(service, backend, { user_id: 'ada', ...fields });
      const { events } = await answered<{ events: { image_id: string; type: string; changed?: string[] }[] }>(
        service.as(token, '/events'),
      );
      assert.ok(events.every(({ image_id }) => image_id === id));
      return events.map(({ type, changed }) => [type, ...(changed ?? [])].join(' '));
    };
    assert.deepEqual(await told({}), ['image.ready', 'image.updated description']);
    assert.deepEqual(await told({ metadata: true }), [
      'image.ready',
      'image.updated metadata',
      'image.updated description metadata',
    ]);
    const { token } = await mintView(service, backend, { user_id: 'ada' });
    assert.equal(await statusOf(service.as(token, '/events?type=image.held')), 400);
    const tagged = await mintView(service, backend, { user_id: 'ada', only_tags: ['sea'] });
    assert.equal(await statusOf(service.as(tagged.token, '/events')), 403);
  });
});
