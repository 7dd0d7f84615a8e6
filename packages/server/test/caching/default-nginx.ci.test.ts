import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { json } from '../services/service.ts';
import {
  type CachedService,
  createCachedService,
  done,
  type ImageJson,
  linkTo,
  makePublic,
  renderOf,
  uploadTo,
} from './cached-service.ts';
import { NO_NGINX, type Places } from './nginx.ts';

/** The least that makes nginx a cache, and a line more that many copy: keep what doesn't say how long. */
const CONFIGURATIONS = {
  'a default proxy_pass and proxy_cache': '',
  'proxy_cache_valid any': 'proxy_cache_valid any 10m;',
} as const;

const configure =
  (more: string) =>
  ({ folder, address }: Places, upstream: string): string =>
    `
    access_log off;
    proxy_cache_path ${join(folder, 'cache')} keys_zone=all:1m;
    server {
      listen ${address};
      add_header X-Cache-Status $upstream_cache_status always;
      location / {
        proxy_pass http://${upstream};
        proxy_cache all;
        ${more}
      }
    }`;

/** Everything that a user reads of an image, apart from signed URLs. */
const READS: readonly ((id: string) => string)[] = [
  () => '/images',
  () => '/images?user_id=ada',
  (id) => `/images/${id}`,
  (id) => `/images/${id}?download=true`,
  (id) => `/images/${id}/original`,
  (id) => `/images/${id}/metadata`,
  (id) => `/images/${id}/download`,
  (id) => `/images/${id}/links`,
  (id) => `/images/${id}/renditions/thumb`,
  (id) => `/images/${id}/renditions/thumb/download`,
];

for (const [name, more] of Object.entries(CONFIGURATIONS)) {
  describe(`nginx with ${name}`, { skip: NO_NGINX }, () => {
    let service: CachedService;
    let image: ImageJson;
    const keys = { ada: '', bob: '' };
    before(async () => {
      service = await createCachedService(configure(more));
      keys.ada = await service.keyOf({ owner: 'ada' });
      keys.bob = await service.keyOf({ owner: 'bob' });
      image = await uploadTo(service, keys.ada, 1);
    });
    after(() => service?.[Symbol.asyncDispose]());

    /** A path through nginx, which must ask the service. */
    async function unkept(path: string, credential?: string) {
      const before = service.asked();
      const view = await service.view(path, credential ? { authorization: `Bearer ${credential}` } : {});
      assert.equal(service.asked() - before, 1, `${path}: expected the service to be asked; got ${view.cache}`);
      return view;
    }

    for (const pathOf of READS) {
      it(`keeps no answer of ${pathOf('{id}')}: neither what a credential gets nor a refusal`, async () => {
        const path = pathOf(image.image_id);
        assert.equal((await unkept(path)).status, 401);
        const own = await unkept(path, keys.ada);
        assert.equal(own.status, 200, own.text);
        assert.equal((await unkept(path, keys.ada)).status, 200);
        const foreign = await unkept(path, keys.bob);
        assert.notEqual(foreign.hash, own.hash);
        assert.doesNotMatch(foreign.text, new RegExp(image.image_id));
        assert.equal((await unkept(path)).status, 401);
      });
    }

    it('keeps no answer of /keys', async () => {
      assert.equal((await unkept('/keys', service.admin)).status, 200);
      assert.equal((await unkept('/keys')).status, 401);
      assert.equal((await unkept('/keys', keys.bob)).status, 403);
    });

    it('keeps nothing that an upload token gets', async () => {
      const { token = '' } = await done(service.as(keys.ada, '/upload-tokens', json({})));
      const { image_id } = await uploadTo(service, token, 2);
      const path = `/images/${image_id}/metadata`;
      assert.equal((await unkept(path, token)).status, 200);
      assert.equal((await unkept(path)).status, 401);
      assert.equal((await unkept(path, keys.bob)).status, 404);
      assert.equal((await unkept(`/images/${image_id}/original`, token)).status, 403);
    });

    it('keeps pictures by their whole signed URLs, for any viewer', async () => {
      const urls = [
        image.renditions['thumb'] ?? '',
        await renderOf(service, keys.ada, image.image_id, { w: 64, expires_in: 600 }),
        await linkTo(service, keys.ada, image.image_id, { what: 'original' }),
      ];
      for (const url of urls) {
        const first = await unkept(url);
        assert.equal(first.status, 200, url);
        const { cache, hash } = await service.view(url, { authorization: `Bearer ${keys.bob}` });
        assert.deepEqual([cache, hash], ['HIT', first.hash]);

        const { pathname, search } = new URL(url);
        const changed = search.replace(/sig=(.)/, (_, one: string) => `sig=${one === 'A' ? 'B' : 'A'}`);
        for (const target of [`${pathname}${changed}`, `${pathname}${changed}`]) {
          assert.equal((await unkept(target)).status, 403, target);
        }
        assert.ok((await unkept(pathname)).status >= 401, pathname);
      }
    });

    it('keeps no refusal of an image that becomes public', async () => {
      const { image_id } = await uploadTo(service, keys.ada, 3);
      const path = `/images/${image_id}/renditions/thumb`;
      assert.equal((await unkept(path)).status, 401);
      await makePublic(service, keys.ada, image_id);
      assert.equal((await unkept(path, keys.ada)).headers.get('cache-control'), 'private, no-cache');
      assert.equal((await unkept(path, keys.bob)).status, 404);
      assert.equal((await unkept(path)).headers.get('cache-control'), 'public, max-age=300, s-maxage=86400');
      assert.equal((await service.view(path)).cache, 'HIT');
      assert.equal((await unkept(`/images/${image_id}/original`)).status, 401);
      assert.equal((await unkept(`/images/${image_id}/metadata`)).status, 401);
    });
  });
}
