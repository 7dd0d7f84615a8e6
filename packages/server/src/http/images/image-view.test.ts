import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestService } from '../../../test/services/service.ts';
import { actorsOf } from '../../domain/access/policy.ts';
import type { Principal } from '../../domain/access/principal.ts';
import { ADMIN, accessOf, OPEN, userNamed } from '../../domain/access/principals.fixture.ts';
import { uploaderWith } from '../../domain/access/upload-tokens.fixture.ts';
import { viewerWith } from '../../domain/access/view-tokens.fixture.ts';
import type { Image } from '../../domain/image/image.ts';
import { sampleHeld, samplePending, samplePublished } from '../../records/images/sample-images.fixture.ts';
import type { RouteContext } from '../route.ts';
import { createImageViews } from './image-view.ts';

describe('the cached JSON view of an origin', () => {
  it('stays the same object while clients alternate between a few origins, and is evicted by many others', async () => {
    await using service = await createTestService();
    const { viewFor } = createImageViews(service.services);
    const viewOf = (name: string, principal: Principal = OPEN) => viewFor(contextOf(`http://${name}`, principal));
    const names = ['127.0.0.1:8000', 'localhost:8000', 'images.example.org', '[::1]:8000'];
    const views = names.map((name) => viewOf(name));
    assert.deepEqual(
      views.map(({ origin }) => origin),
      names.map((name) => `http://${name}`),
    );
    for (const [index, name] of [...names.entries(), ...names.entries()]) assert.equal(viewOf(name), views[index]);

    for (let port = 1; port <= 100; port++) viewOf(`localhost:${port}`);
    for (const [index, name] of names.entries()) assert.notEqual(viewOf(name), views[index]);
  });

  it('is another object for each that a view token shows, and the whole one for every other caller', async () => {
    await using service = await createTestService();
    const { viewFor } = createImageViews(service.services);
    const seen = (principal: Principal) => viewFor(contextOf('http://localhost', principal));
    const views = [false, true].flatMap((showsOriginals) =>
      [false, true].map((showsMetadata) => seen(viewerWith({ showsOriginals, showsMetadata }))),
    );
    assert.equal(new Set(views).size, 4);
    assert.deepEqual(
      views.map(({ shows }) => shows),
      [false, true].flatMap((originals) => [false, true].map((metadata) => ({ originals, metadata }))),
    );
    for (const principal of [OPEN, ADMIN, userNamed('ada')]) assert.equal(seen(principal), views[3]);
    assert.equal(seen(viewerWith()), views[0]);
  });

  it('tells a caller that only uploads all of its own uploads, and of others no more than their bytes', async () => {
    await using service = await createTestService();
    const { viewFor } = createImageViews(service.services);
    const told = (principal: Principal, image: Image) =>
      viewFor(contextOf('http://localhost', principal)).tellsAllOf(image);
    const uploader = uploaderWith();
    const [uploadedBy = null] = actorsOf(uploader);
    const token = { id: 'another', maxBytes: null };
    const own = samplePending({ uploadedBy, token });
    const replacing = samplePending({ uploadedBy, token, replaces: { imageId: own.id, sha256: '0'.repeat(64) } });
    const others = [
      samplePending(),
      samplePending({ uploadedBy }),
      samplePending({ uploadedBy, token, userId: 'bob' }),
    ];
    const key: Principal = { kind: 'user', userId: 'ada', scopes: ['images:upload'], actors: [uploadedBy ?? ''] };
    for (const principal of [uploader, key]) {
      for (const image of [own, samplePublished(own)]) assert.equal(told(principal, image), true);
      for (const image of [replacing, sampleHeld(replacing), samplePublished(samplePending())])
        assert.equal(told(principal, image), false, image.status);
    }
    for (const image of [...others, ...others.map((one) => samplePublished(one))])
      assert.equal(told(uploader, image), false);
    for (const principal of [userNamed('ada'), userNamed('ada', ['images:write']), userNamed('ada', ['images:read'])])
      for (const image of [replacing, ...others]) assert.equal(told(principal, image), true);
    const view = viewFor(contextOf('http://localhost', uploader));
    assert.notEqual(view.texts, viewFor(contextOf('http://localhost', ADMIN)).texts, 'no text of another caller');
  });
});

function contextOf(publicOrigin: string, principal: Principal): RouteContext {
  const values = { publicOrigin, access: accessOf(principal, 'listImages') };
  return { get: (name: keyof typeof values) => values[name] } as RouteContext;
}
