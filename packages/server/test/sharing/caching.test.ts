import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClosedService } from '../services/closed-service.ts';
import { json, ORIGIN } from '../services/service.ts';
import { type Ask, describeAs, imageOf, jsonOf, upload } from './images-in-states.ts';

const DAY = 'public, max-age=86400';
const PUBLIC = 'public, max-age=300, s-maxage=86400';

async function setUp(environment: Record<string, string> = {}) {
  const service = await createClosedService({ environment });
  const key = await service.keyOf({ owner: 'ada' });
  const ask: Ask = (path, init) => service.as(key, path, init);
  const [shown, hidden] = [await upload(ask), await upload(ask)];
  await describeAs(ask, shown, { visibility: 'public' });
  const renderUrl = async (fields: object): Promise<string> =>
    (await jsonOf<{ url: string }>(await ask(`/images/${hidden}/render-url`, json(fields)))).url.slice(ORIGIN.length);
  return {
    service,
    ask,
    shown,
    hidden,
    shownPath: `/images/${shown}/renditions/thumb`,
    signed: ((await imageOf(ask, hidden)).renditions?.['thumb'] ?? '').slice(ORIGIN.length),
    render: await renderUrl({ w: 8 }),
    focal: await renderUrl({ w: 8, h: 8, fit: 'cover', position: 'focal' }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const keepingOf = ({ headers }: Response) => [headers.get('cache-control'), headers.get('cache-tag')];

for (const cacheTags of ['on', 'off']) {
  const tag = (id: string): string | null => (cacheTags === 'on' ? `img-${id}` : null);

  describe(`what caches keep, with CACHE_TAGS=${cacheTags}`, () => {
    it('is a shared picture, with its image’s tag', async () => {
      await using set = await setUp({ CACHE_TAGS: cacheTags });
      const { service, shown, hidden } = set;
      for (const [path, id, keeping] of [
        [set.shownPath, shown, PUBLIC],
        [set.signed, hidden, DAY],
        [set.render, hidden, DAY],
        [set.focal, hidden, 'public, no-cache'],
      ] as const) {
        const whole = await service.request(path);
        const etag = whole.headers.get('etag') ?? assert.fail();
        for (const [status, init] of [
          [200, {}],
          [200, { method: 'HEAD' }],
          [206, { headers: { Range: 'bytes=0-1' } }],
          [304, { headers: { 'If-None-Match': etag } }],
        ] as const) {
          const answer = await service.request(path, init);
          assert.deepEqual([answer.status, ...keepingOf(answer)], [status, keeping, tag(id)], path);
          assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin', path);
        }
        const failed = await service.request(path, { headers: { Range: 'bytes=999999-' } });
        assert.deepEqual([failed.status, ...keepingOf(failed)], [416, 'private, no-cache', null]);
      }
    });

    it('is a redirect to the store, until its URL changes', async () => {
      await using set = await setUp({ CACHE_TAGS: cacheTags, BYTES: 'redirect', PRESIGNED_EXPIRATION: '400' });
      const { service, shown, hidden } = set;
      for (const [path, id, maxSeconds] of [
        [set.shownPath, shown, 200],
        [set.signed, hidden, 200],
        [set.render, hidden, 200],
      ] as const) {
        const answer = await service.request(path);
        assert.equal(answer.status, 302);
        const [keeping, given] = keepingOf(answer);
        const maxAge = /^public, (?:max-age=(\d+)|no-cache)$/.exec(keeping ?? '')?.[1] ?? '0';
        assert.ok(keeping?.startsWith('public') && Number(maxAge) <= maxSeconds, `${keeping}`);
        assert.equal(given, tag(id));
        assert.equal((await service.send(answer.headers.get('location') ?? '')).status, 200);
      }
      const own = await set.ask(set.shownPath);
      assert.deepEqual([own.status, ...keepingOf(own)], [302, 'private, no-cache', null]);
    });

    it('is nothing that depends on a credential', async () => {
      await using set = await setUp({ CACHE_TAGS: cacheTags });
      const { ask, shown, hidden } = set;
      for (const id of [shown, hidden])
        for (const [path, init] of [
          [`/images/${id}/renditions/thumb`, {}],
          [`${set.signed.replace(hidden, id).replace(/&exp=.*/, '')}`, {}],
          [`/images/${id}/original`, {}],
          [`/images/${id}/metadata`, {}],
          [`/images/${id}/metadata`, { headers: { 'If-None-Match': '*' } }],
          [`/images/${id}/complete`, { method: 'POST' }],
          [`/images/${id}`, { ...json({ description: 'x' }), method: 'PATCH' }],
          ['/images?user_id=ada', {}],
          ['/images?user_id=ada&fields=renditions', {}],
          ['/images/01a1f82b-80d8-703c-9c86-1b8ba42038d1/metadata', {}],
        ] as const) {
          const answer = await ask(path, init);
          assert.deepEqual(keepingOf(answer), ['private, no-cache', null], path);
          assert.match(answer.headers.get('vary') ?? '', /^Authorization, Origin(, Accept)?$/, path);
        }
    });
  });
}

describe('a refusal', () => {
  it('is kept by no cache: 401 and 403', async () => {
    await using set = await setUp();
    const { service, hidden, signed } = set;
    const [reader, bob] = [
      await service.keyOf({ owner: 'ada', scopes: ['images:read'] }),
      await service.keyOf({ owner: 'bob' }),
    ];
    for (const [status, answer] of [
      [401, await service.request('/images')],
      [401, await service.request(`/images/${hidden}/renditions/thumb`)],
      [401, await service.as('wrong', signed.replace(/[?].*/, ''))],
      [403, await service.request(`${signed}x`)],
      [403, await service.request(`${set.render}x`)],
      [403, await service.as(bob, '/images?user_id=ada')],
      [403, await service.as(reader, `/images/${hidden}`, { method: 'DELETE' })],
      [403, await service.as(reader, '/keys')],
      [403, await service.request('/images', { headers: { 'Sec-Fetch-Site': 'cross-site' } })],
    ] as const)
      assert.deepEqual([answer.status, answer.headers.get('cache-control')], [status, 'no-store'], await answer.text());
    assert.match((await service.as(service.admin, '/keys')).headers.get('cache-control') ?? '', /no-store$/);
  });
});

describe('a render URL', () => {
  it('of no image is a 404, though its signature is right', async () => {
    await using set = await setUp();
    const { service } = set;
    const absent = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
    const transform = service.services.renderLinks.read(
      set.hidden as never,
      set.render.split('?')[1] ?? '',
      new Date(),
    );
    for (const epoch of [0, 3]) {
      const url = service.services.renderLinks.make({ id: absent as never, epoch }, transform.transform, null);
      assert.equal((await service.request(url)).status, 404);
    }
    const raised = service.services.renderLinks.make({ id: set.hidden as never, epoch: 1 }, transform.transform, null);
    assert.equal((await service.request(raised)).status, 403);
  });
});
