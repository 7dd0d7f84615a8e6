import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createdLink } from '../links/link-requests.ts';
import { createClosedService } from '../services/closed-service.ts';
import { json, ORIGIN } from '../services/service.ts';
import { type Ask, describeAs, imageOf, jsonOf, upload } from './images-in-states.ts';

/** A service that makes each rendition only after `beforeRender` has ended. */
async function slowService() {
  const slow = { beforeRender: async (): Promise<void> => {} };
  const service = await createClosedService({
    overrides: {
      wrapImaging: (imaging) => ({
        ...imaging,
        async render(...job) {
          await slow.beforeRender();
          return imaging.render(...job);
        },
      }),
    },
  });
  const key = await service.keyOf({ owner: 'ada' });
  const ask: Ask = (path, init) => service.as(key, path, init);
  const id = await upload(ask);
  const pathOf = (url: string): string => url.slice(ORIGIN.length);
  const urls = {
    signed: async () => pathOf((await imageOf(ask, id)).renditions?.['thumb'] ?? ''),
    render: async (fields: object = {}) =>
      pathOf((await jsonOf<{ url: string }>(await ask(`/images/${id}/render-url`, json({ w: 8, ...fields })))).url),
    link: async () => pathOf((await createdLink({ request: ask }, id, { what: 'preset', preset: 'medium' })).url),
  };
  return { ...service, slow, ask, id, urls, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

describe('a rendition that takes seconds to make', () => {
  for (const [name, status] of [
    ['signed', 403],
    ['render', 403],
    ['link', 404],
  ] as const) {
    it(`is refused if its ${name} URL is revoked meanwhile, so that no cache keeps it`, async () => {
      await using service = await slowService();
      const path = await service.urls[name]();
      service.slow.beforeRender = async () => {
        service.clock.offsetMs += 2_000;
        await jsonOf(await service.ask(`/images/${service.id}/revoke-links`, { method: 'POST' }));
      };
      const answer = await service.request(path);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.headers.get('cache-control') ?? '', /public|max-age/);
    });
  }

  it('is refused to strangers if its image becomes private meanwhile', async () => {
    await using service = await slowService();
    await describeAs(service.ask, service.id, { visibility: 'public' });
    service.slow.beforeRender = async () => {
      service.clock.offsetMs += 2_000;
      await describeAs(service.ask, service.id, { visibility: 'private' });
    };
    const answer = await service.request(`/images/${service.id}/renditions/thumb`);
    assert.deepEqual([answer.status, answer.headers.get('cache-control')], [401, 'no-store']);
  });

  it('is kept by no cache beyond the expiry of its URL', async () => {
    await using service = await slowService();
    const path = await service.urls.render({ expires_in: 60 });
    const exp = Number(new URL(path, ORIGIN).searchParams.get('exp'));
    service.slow.beforeRender = async () => {
      service.clock.offsetMs += 30_000;
    };
    const answer = await service.request(path);
    const [, maxAge] = /^public, max-age=(\d+)$/.exec(answer.headers.get('cache-control') ?? '') ?? [];
    assert.ok(Number(maxAge) <= exp - service.clock.now().getTime() / 1000, `${maxAge}`);
  });

  it('is served, and kept by no cache, if its URL expires meanwhile', async () => {
    await using service = await slowService();
    const path = await service.urls.render({ expires_in: 10 });
    service.slow.beforeRender = async () => {
      service.clock.offsetMs += 60_000;
    };
    const answer = await service.request(path);
    assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'public, no-cache']);
  });
});

describe('the file name of a picture', () => {
  it("is the preset's for strangers, and the image's for whoever has a signed URL", async () => {
    await using service = await slowService();
    const signed = await service.urls.signed();
    const nameIn = ({ headers }: Response) => /filename="([^"]*)"/.exec(headers.get('content-disposition') ?? '')?.[1];
    assert.equal(nameIn(await service.request(signed)), 'my-thumb.jpg');
    await describeAs(service.ask, service.id, { visibility: 'public' });
    assert.equal(nameIn(await service.request(`/images/${service.id}/renditions/thumb`)), 'thumb.jpg');
  });
});
