import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { type Ask, callListener, imageIn, imageOf, recordOf, STATES, type Told } from './images-in-states.ts';

const FOREIGN_PAGE: readonly Record<string, string>[] = [
  { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
  { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', Origin: 'https://other.example' },
  { 'Sec-Fetch-Site': 'cross-site', Authorization: 'Bearer wrong', 'X-User-Id': 'ada' },
];

describe('a preset in open mode', () => {
  const { observe, tell } = callListener();
  let service: TestService;
  let ask: Ask;
  before(async () => {
    service = await createSharingService({ observe });
    ask = (path, init) => service.request(path, init);
  });
  after(() => service[Symbol.asyncDispose]());

  const thumb = (id: string): string => `/images/${id}/renditions/thumb`;

  it('has an unsigned URL, open to programs and the service’s own pages whatever its visibility', async () => {
    for (const [visibility, policy] of [
      ['private', 'same-site'],
      ['public', 'cross-origin'],
    ] as const) {
      const id = await imageIn(service, ask, { state: 'ready', visibility });
      const url = (await imageOf(ask, id)).renditions?.['thumb'] ?? '';
      assert.match(url, new RegExp(`^${ORIGIN}${thumb(id)}\\?v=[0-9a-f]{10}$`));
      for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'same-site' }]) {
        const current = await service.send(url, { headers });
        const keeping = 'private, max-age=31536000, immutable';
        assert.deepEqual([current.status, current.headers.get('cache-control')], [200, keeping]);
        assert.equal(current.headers.get('vary'), 'Origin, Accept');
        assert.equal(current.headers.get('cross-origin-resource-policy'), policy);
        const other = await service.request(thumb(id), { headers });
        assert.deepEqual([other.status, other.headers.get('cache-control')], [200, 'private, no-cache']);
      }
    }
    const pending = await imageIn(service, ask, { state: 'pending', visibility: 'public' });
    assert.equal((await service.request(thumb(pending))).status, 409);
  });

  it('is shown by a foreign page if the image is public and ready; every other is one 403', async () => {
    const images = new Map<string, string>();
    for (const visibility of ['private', 'public'] as const)
      for (const state of STATES)
        images.set(`${visibility} ${state}`, await imageIn(service, ask, { state, visibility }));
    for (const headers of FOREIGN_PAGE)
      for (const method of ['GET', 'HEAD']) {
        let first: Told | undefined;
        for (const [image, id] of images) {
          const told = await tell(() => service.request(thumb(id), { method, headers }));
          if (image === 'public ready') {
            assert.equal(told.status, 200, told.body);
            assert.equal(told.headers['cache-control'], 'public, max-age=300, s-maxage=86400');
            assert.equal(told.headers['cross-origin-resource-policy'], 'cross-origin');
            continue;
          }
          assert.deepEqual([told.status, told.calls], [403, ['records get']], image);
          first ??= told;
          assert.deepEqual(told, first, image);
        }
        const guarded = await tell(() => service.request('/images', { method, headers }));
        assert.deepEqual({ ...first, calls: [] }, guarded, 'the refusal of every other route');
      }
  });

  it('opens nothing else to a foreign page', async () => {
    const id = await imageIn(service, ask, { state: 'ready', visibility: 'public' });
    const [headers = {}] = FOREIGN_PAGE;
    for (const path of [
      '',
      '/original',
      '/metadata',
      '/download',
      '/download?format=jpeg',
      '/renditions/thumb/download',
    ])
      assert.equal((await service.request(`/images/${id}${path}`, { headers })).status, 403, path);
    for (const method of ['DELETE', 'OPTIONS'])
      assert.equal((await service.request(thumb(id), { method, headers })).status, 403, method);
  });

  it('by a URL that was signed with authentication on is decided by its signature', async () => {
    const id = await imageIn(service, ask, { state: 'ready', visibility: 'private' });
    const query = service.services.presetUrls.queryFor(await recordOf(service, id), new Date(Date.now() + 60_000));
    for (const headers of FOREIGN_PAGE) {
      assert.equal((await service.request(`${thumb(id)}?${query}`, { headers })).status, 200);
      assert.equal((await service.request(`${thumb(id)}?${query}x`, { headers })).status, 403);
    }
  });
});
