import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { type ObjectKey, renditionsPrefix } from '../../src/domain/image/object-key.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { hearing } from '../../src/observe/observer/hearing.fixture.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

/** A service with a picture; `take` tells from where the renditions of the requests since its last call came. */
async function observed(environment: Record<string, string> = {}) {
  const sources: string[] = [];
  const meddling = { before: async () => {} };
  const service = await createSharingService({
    environment,
    observe: hearing('rendition-found', ({ source, elapsedMs }) => {
      assert.ok(elapsedMs >= 0);
      sources.push(source);
    }),
    overrides: {
      wrapImaging: (imaging: Imaging): Imaging => ({
        ...imaging,
        async render(...asked) {
          await meddling.before();
          return imaging.render(...asked);
        },
      }),
    },
  });
  const id = await uploadPicture(service, { type: 'image/jpeg', width: 300, height: 200 });
  const { objects, renditions } = service.services;
  return {
    ...service,
    id,
    meddling,
    take: () => sources.splice(0),
    async get(path: string, status = 200, init: RequestInit = {}) {
      const answer = await service.request(`/images/${id}/${path}`, init);
      await answer.arrayBuffer();
      assert.equal(answer.status, status, path);
    },
    /** As another process, which has the same store. */
    async forget() {
      const keys: ObjectKey[] = [];
      for await (const { key } of objects.list(renditionsPrefix(id as ImageId))) keys.push(key);
      renditions.forget(keys);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

describe('a request that gets a rendition', () => {
  it('tells that it was made, also each of those that waited for it, or from where it came', async () => {
    await using service = await observed();
    const { get, forget, take, meddling } = service;
    const { renditions } = service.services;
    const { once } = renditions;
    const allAsk = Promise.withResolvers<void>();
    let asks = 0;
    renditions.once = (...ask) => {
      asks += 1;
      if (asks === 3) allAsk.resolve();
      return once(...ask);
    };
    meddling.before = () => allAsk.promise;
    await Promise.all([get('renditions/thumb'), get('renditions/thumb'), get('renditions/thumb/download')]);
    assert.deepEqual(take(), ['made', 'made', 'made']);

    await get('renditions/thumb');
    await get('renditions/thumb', 200, { method: 'HEAD' });
    assert.deepEqual(take(), ['memory', 'memory']);
    await forget();
    await get('renditions/thumb');
    assert.deepEqual(take(), ['stored']);
    const asked = await service.request(`/images/${service.id}/render-url`, json({ w: 50 }));
    const { url } = (await asked.json()) as { url: string };
    for (const _ of [1, 2]) assert.equal((await service.send(url)).status, 200);
    assert.deepEqual(take(), ['made', 'memory']);
  });

  it('as a JPEG in full size tells it, which is never from memory', async () => {
    await using service = await observed();
    for (const _ of [1, 2]) await service.get('download?format=jpeg');
    assert.deepEqual(service.take(), ['made', 'stored']);
  });

  it('of an image in the trash tells it', async () => {
    await using service = await observed();
    const { get, forget, take } = service;
    await get('renditions/thumb');
    await get('trash', 200, { method: 'POST' });
    await forget();
    take();
    for (const preset of ['thumb', 'thumb', 'medium', 'medium']) await get(`renditions/${preset}?trashed=true`);
    assert.deepEqual(take(), ['stored', 'memory', 'made', 'made']);
  });

  it('tells nothing if it gets none', async () => {
    await using service = await observed();
    const { get, take, meddling } = service;
    meddling.before = () => Promise.reject(new AppError('overloaded', 'expected a free place to decode; got none'));
    await get('renditions/thumb', 429);
    await get('renditions/none', 404);
    await get('download?format=jpeg', 429);
    assert.deepEqual(take(), []);
  });
});
