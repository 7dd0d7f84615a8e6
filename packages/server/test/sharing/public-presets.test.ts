import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import {
  type Ask,
  callListener,
  describeAs,
  imageIn,
  imageOf,
  jsonOf,
  STATES,
  type Told,
  upload,
} from './images-in-states.ts';

const PUBLIC_KEEPING = 'public, max-age=300, s-maxage=86400';
const REQUESTS: readonly [name: string, init: RequestInit][] = [
  ['GET', {}],
  ['HEAD', { method: 'HEAD' }],
  ['GET of a range', { headers: { Range: 'bytes=0-3' } }],
  ['GET of any other version', { headers: { 'If-None-Match': '*' } }],
  ['GET of any version', { headers: { 'If-Match': '"none"' } }],
  ['GET that names the owner', { headers: { 'X-User-Id': 'ada' } }],
  ['GET of a foreign page', { headers: { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://other.example' } }],
];

describe('a preset without a credential', () => {
  const { observe, tell } = callListener();
  let service: ClosedService;
  let ask: Ask;
  before(async () => {
    service = await createClosedService({ observe });
    const key = await service.keyOf({ owner: 'ada' });
    ask = (path, init) => service.as(key, path, init);
  });
  after(() => service[Symbol.asyncDispose]());

  const thumb = (id: string): string => `/images/${id}/renditions/thumb`;

  it('is one 401 for every image that is not both public and ready, after one look-up', async () => {
    const hidden = new Map<string, string>();
    for (const visibility of ['private', 'public'] as const)
      for (const state of STATES)
        if (visibility === 'private' || state !== 'ready')
          hidden.set(`${visibility} ${state}`, await imageIn(service, ask, { state, visibility }));
    assert.equal(hidden.size, 13);
    for (const [name, init] of REQUESTS) {
      let first: Told | undefined;
      for (const [image, id] of hidden) {
        const told = await tell(() => service.request(thumb(id), init));
        assert.deepEqual([told.status, told.calls], [401, ['records get']], `${name}: ${image}`);
        assert.equal(told.headers['cache-control'], 'no-store');
        first ??= told;
        assert.deepEqual(told, first, `${name}: ${image}`);
      }
    }
    const { body } = await tell(() => service.request(thumb([...hidden.values()][0] ?? '')));
    const elsewhere = await tell(() => service.request('/images'));
    assert.equal(body, elsewhere.body, 'expected the 401 of every other route');
  });

  it('is the picture of a public image, which caches may keep and any page may show', async () => {
    const id = await imageIn(service, ask, { state: 'ready', visibility: 'public' });
    for (const headers of [{}, { 'Sec-Fetch-Site': 'cross-site' }, { 'X-User-Id': 'bob' }]) {
      const answer = await service.request(thumb(id), { headers });
      assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, PUBLIC_KEEPING]);
      assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
      assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
      assert.equal(answer.headers.get('vary'), 'Origin, Accept');
      assert.equal(answer.headers.get('cache-tag'), null);
      assert.ok((await answer.arrayBuffer()).byteLength > 100);
    }
    const head = await service.request(thumb(id), { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('cache-control')], [200, PUBLIC_KEEPING]);
    const part = await service.request(thumb(id), { headers: { Range: 'bytes=0-3' } });
    assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 4]);
    const current = await service.request(thumb(id), {
      headers: { 'If-None-Match': head.headers.get('etag') ?? assert.fail() },
    });
    assert.deepEqual([current.status, current.headers.get('cache-control')], [304, PUBLIC_KEEPING]);
  });

  it('tells of an unknown preset or parameter only for an image that it may see', async () => {
    const open = await imageIn(service, ask, { state: 'ready', visibility: 'public' });
    const closed = await imageIn(service, ask, { state: 'ready', visibility: 'private' });
    const codeOf = async (path: string): Promise<string> =>
      ((await (await service.request(path)).json()) as { code: string }).code;
    assert.equal(await codeOf(`/images/${open}/renditions/none`), 'unknown-preset');
    assert.equal(await codeOf(`/images/${closed}/renditions/none`), 'unauthenticated');
    assert.equal(await codeOf(`${thumb(open)}?w=8`), 'invalid-request');
    for (const seal of ['exp=99999999999', 'kid=x', 'exp=1&kid=x'])
      assert.equal(await codeOf(`${thumb(open)}?${seal}`), 'invalid-request');
  });

  it('opens nothing else of a public image', async () => {
    const id = await imageIn(service, ask, { state: 'ready', visibility: 'public' });
    for (const path of [
      '',
      '/original',
      '/metadata',
      '/download',
      '/download?format=jpeg',
      '/renditions/thumb/download',
      '/render?w=8&sig=x',
    ])
      assert.ok([401, 403].includes((await service.request(`/images/${id}${path}`)).status), path);
    for (const [path, init] of [
      [thumb(id), { method: 'DELETE' }],
      [`/images/${id}/render-url`, json({ w: 8 })],
      [`/images/${id}`, { ...json({ visibility: 'private' }), method: 'PATCH' }],
      ['/images?user_id=ada', {}],
    ] as const)
      assert.equal((await service.request(path, init)).status, 401, path);
  });

  it('is decided by the credential if there is one', async () => {
    const id = await imageIn(service, ask, { state: 'ready', visibility: 'public' });
    const statusFor = async (key: string): Promise<number> => (await service.as(key, thumb(id))).status;
    assert.equal(await statusFor(await service.keyOf({ owner: 'bob' })), 404);
    assert.equal(await statusFor(await service.keyOf({ owner: 'ada', scopes: ['images:upload'] })), 403);
    assert.equal(await statusFor('wrong'), 401);
    for (const Authorization of ['', 'Basic YTpi'])
      assert.equal((await service.request(thumb(id), { headers: { Authorization } })).status, 401);
    const own = await ask(thumb(id));
    assert.deepEqual([own.status, own.headers.get('cache-control')], [200, 'private, no-cache']);
    assert.equal(own.headers.get('vary'), 'Authorization, Origin, Accept');
    assert.equal(own.headers.get('cross-origin-resource-policy'), 'cross-origin');
  });
});

describe('the visibility of an image', () => {
  it('is private, can be changed, and opens or closes the presets at once', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    const ask: Ask = (path, init) => service.as(key, path, init);
    const id = await upload(ask);
    const before = await imageOf(ask, id);
    assert.equal(before.visibility, 'private');
    const status = async (): Promise<number> => (await service.request(`/images/${id}/renditions/thumb`)).status;
    assert.equal(await status(), 401);
    const open = await describeAs(ask, id, { visibility: 'public' });
    assert.deepEqual([open.visibility, open.revision, await status()], ['public', before.revision + 1, 200]);
    assert.equal((await imageOf(ask, id)).visibility, 'public');
    await jsonOf(await ask(`/images/${id}/trash`, { method: 'POST' }));
    assert.equal(await status(), 401);
    await jsonOf(await ask(`/images/${id}/restore`, { method: 'POST' }));
    assert.equal(await status(), 200);
    assert.equal((await describeAs(ask, id, { visibility: 'private' })).visibility, 'private');
    assert.equal(await status(), 401);

    for (const visibility of ['open', null, true, ['public']]) {
      const refused = await ask(`/images/${id}`, { ...json({ visibility }), method: 'PATCH' });
      const { errors } = await jsonOf<{ errors: { pointer: string }[] }>(refused, 400);
      assert.deepEqual(
        errors.map(({ pointer }) => pointer),
        ['/visibility'],
      );
    }
    const foreign = await service.keyOf({ owner: 'bob' });
    const changed = await service.as(foreign, `/images/${id}`, { ...json({ visibility: 'public' }), method: 'PATCH' });
    assert.deepEqual([changed.status, await status()], [404, 401]);
  });
});
