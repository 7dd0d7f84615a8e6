import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { grantStatus, mintToken, OPENINGS, type SharedImage, shareImage, statusOf } from './shared-image.ts';

const SECRET_KEY = 'the-secret-of-one-service-in-this-test';

const sealOf = (url: string): URLSearchParams => {
  const query = new URLSearchParams(url.split('?')[1]);
  for (const name of [...query.keys()]) if (!['exp', 'kid', 'sig'].includes(name)) query.delete(name);
  return query;
};
const pathOf = (url: string): string => url.split('?')[0] ?? '';

describe('a signed URL or a token in another place', () => {
  let service: ClosedService;
  let [key, token] = ['', ''];
  let shared: SharedImage;
  let other: SharedImage;
  before(async () => {
    service = await createClosedService({ environment: { SECRET_KEY } });
    key = await service.keyOf({ owner: 'ada' });
    token = await mintToken(service, key);
    [shared, other] = [await shareImage(service, key), await shareImage(service, key)];
    for (const opening of OPENINGS) assert.equal(await statusOf(service, shared.urls[opening]), 200);
  });
  after(() => service[Symbol.asyncDispose]());

  it('opens no other image of the same owner', async () => {
    for (const opening of OPENINGS) {
      const [mine, theirs] = [shared.urls[opening], other.urls[opening]];
      assert.equal(await statusOf(service, mine.replace(shared.id, other.id)), 403, opening);
      assert.equal(await statusOf(service, `${pathOf(theirs)}?${mine.split('?')[1]}`), 403, opening);
    }
  });

  it('serves no other purpose, with either key id', async () => {
    for (const [from, to] of OPENINGS.flatMap((one) => OPENINGS.map((two) => [one, two] as const))) {
      if (from === to) continue;
      const seal = sealOf(shared.urls[from]);
      const target = shared.urls[to];
      assert.equal(await statusOf(service, `${pathOf(target)}?${seal}`), 403, `${from} as ${to}`);
      const query = new URLSearchParams(target.split('?')[1]);
      query.set('sig', seal.get('sig') ?? '');
      assert.equal(await statusOf(service, `${pathOf(target)}?${query}`), 403, `${from} as ${to}`);
    }
  });

  it('opens nothing else of its image', async () => {
    const others = ['', '/original', '/download', '/metadata', '/links', '/renditions/thumb/download'];
    for (const opening of OPENINGS)
      for (const path of others)
        assert.equal(await statusOf(service, `/images/${shared.id}${path}?${sealOf(shared.urls[opening])}`), 401, path);
  });

  it('is no credential, and no credential is a signature', async () => {
    const [claims = '', tag = ''] = token.slice('slu_'.length).split('.');
    for (const opening of OPENINGS) {
      const target = shared.urls[opening];
      const sig = sealOf(target).get('sig') ?? '';
      for (const text of [sig, `slu_${sig}`, `slu_${claims}.${sig}`, `safelight_${sig}`])
        assert.equal(await grantStatus(service, text), 401);
      for (const text of [tag, token, key]) {
        const query = new URLSearchParams(target.split('?')[1]);
        query.set('sig', text);
        assert.ok([400, 403].includes(await statusOf(service, `${pathOf(target)}?${query}`)));
      }
    }
  });

  it('is no credential of the other kind', async () => {
    const [, claims = ''] = token.split('_');
    for (const text of [
      `safelight_${claims}`,
      token.slice('slu_'.length),
      `slu_${key}`,
      `slu_${key}.${'A'.repeat(43)}`,
      key.replace('safelight_', 'slu_'),
      `${token}${key}`,
      `${key}${token}`,
    ])
      assert.equal(await grantStatus(service, text), 401, text);
    assert.equal((await service.as(token, '/images')).status, 403);
    assert.equal((await service.as(token, '/keys')).status, 403);
    for (const name of ['token', 'access_token', 'upload_token', 'sig'])
      assert.equal(await statusOf(service, `/images?${name}=${token}`), 401);
  });

  it('isn’t accepted by a service with another secret', async () => {
    await using stranger = await createClosedService({ environment: { SECRET_KEY: `${SECRET_KEY}-changed` } });
    const [expiresAt, id] = [new Date(stranger.clock.now().getTime() + 3_600_000), shared.id];
    const image = (await service.services.images.get(id as never)) ?? assert.fail();
    const { presetUrls, renderLinks, shareLinks, uploadTokens } = stranger.services;
    const [link] = 'links' in image ? image.links : [];
    assert.ok(link);
    assert.equal(
      await statusOf(service, `/images/${id}/renditions/thumb?${presetUrls.queryFor(image, expiresAt)}`),
      403,
    );
    const query = shareLinks.queryFor({ image, link }, link.expiresAt);
    assert.equal(await statusOf(service, `/images/${id}/links/${link.id}?${query}`), 403);
    const { transform } = service.services.renderLinks.read(
      image.id,
      shared.urls.render.split('?')[1] ?? '',
      service.clock.now(),
    );
    assert.equal(await statusOf(service, renderLinks.make(image, transform, expiresAt)), 403);
    const sealed = service.services.uploadTokens.tokenIn(token) ?? assert.fail();
    assert.equal(await grantStatus(service, uploadTokens.textOf(sealed)), 401);
    assert.equal(await grantStatus(service, token), 201);
  });
});
