import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestService } from '../../../test/services/service.ts';
import type { Principal } from '../../domain/access/principal.ts';
import { ADMIN, accessOf, OPEN, userNamed } from '../../domain/access/principals.fixture.ts';
import { viewerWith } from '../../domain/access/view-tokens.fixture.ts';
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
});

function contextOf(publicOrigin: string, principal: Principal): RouteContext {
  const values = { publicOrigin, access: accessOf(principal, 'listImages') };
  return { get: (name: keyof typeof values) => values[name] } as RouteContext;
}
