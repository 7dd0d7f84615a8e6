import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestService } from '../../../test/services/service.ts';
import { createImageViews } from './image-view.ts';

describe('the cached JSON view of an origin', () => {
  it('stays the same object while clients alternate between a few origins, and is evicted by many others', async () => {
    await using service = await createTestService();
    const { viewAt } = createImageViews(service.services);
    const viewOf = (name: string) => viewAt(`http://${name}`);
    const names = ['127.0.0.1:8000', 'localhost:8000', 'images.example.org', '[::1]:8000'];
    const views = names.map(viewOf);
    assert.deepEqual(
      views.map(({ origin }) => origin),
      names.map((name) => `http://${name}`),
    );
    for (const [index, name] of [...names.entries(), ...names.entries()]) assert.equal(viewOf(name), views[index]);

    for (let port = 1; port <= 100; port++) viewOf(`localhost:${port}`);
    for (const [index, name] of names.entries()) assert.notEqual(viewOf(name), views[index]);
  });
});
