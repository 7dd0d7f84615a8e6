import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { DATABASE_FILE } from '../../src/records/sqlite/database.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

describe('the limits of albums', () => {
  let service: ClosedService;
  let key: string;
  before(async () => {
    service = await createClosedService({ environment: { RATE_LIMITS: 'off' } });
    key = await service.keyOf({ owner: 'ada' });
  });
  after(() => service[Symbol.asyncDispose]());

  const call = async (path: string, method: string, body: object, status: number): Promise<Record<string, unknown>> => {
    const answer = await service.as(key, path, { ...json(body), method });
    const read = (await answer.json()) as Record<string, unknown>;
    assert.equal(answer.status, status, JSON.stringify(read));
    return read;
  };
  const create = async (fields: object = {}) => {
    const { album_id: id } = await call('/albums', 'POST', { title: 'Lisbon', ...fields }, 201);
    return String(id);
  };
  /** As if it had so many: making them takes minutes. */
  const sayThat = (id: string, images: number): void => {
    using database = new DatabaseSync(join(service.folder, DATABASE_FILE));
    const put = 'INSERT INTO album_counts (album_id, images) VALUES (?, ?) ON CONFLICT DO UPDATE SET images = ?2';
    database.prepare(put).run(id, images);
  };
  const upload = async (): Promise<string> => {
    const answer = await service.as(key, '/images/upload', post(picture, 'image/jpeg'));
    return ((await answer.json()) as { image_id: string }).image_id;
  };

  it('are 100,000 images, and 5,000 in an order by hand', async () => {
    const image = await upload();
    for (const [order, most] of [
      ['added', 100_000],
      ['manual', 5_000],
    ] as const) {
      const id = await create({ order });
      sayThat(id, most);
      const { code, params } = await call(`/albums/${id}/images`, 'POST', { add: [image] }, 409);
      assert.deepEqual([code, params], ['album-full', { limit: most }]);
      sayThat(id, most - 1);
      await call(`/albums/${id}/images`, 'POST', { add: [image] }, 200);
      sayThat(id, most);
      await call(`/albums/${id}/images`, 'POST', { add: [image] }, 200); // it is there already
      const other = await upload();
      await call(`/albums/${id}/images`, 'POST', { add: [other] }, 409);
      await call(`/albums/${id}/images`, 'POST', { add: [other], remove: [image] }, 200);
    }
  });

  it('keep an order by hand from an album of more than 5,000', async () => {
    const [id, image] = [await create(), await upload()];
    await call(`/albums/${id}/images`, 'POST', { add: [image] }, 200);
    sayThat(id, 5_001);
    const moved = { move: { image_ids: [image], after: null } };
    assert.equal((await call(`/albums/${id}`, 'PATCH', { order: 'manual' }, 409))['code'], 'album-full');
    assert.equal((await call(`/albums/${id}/images`, 'POST', moved, 409))['code'], 'album-full');
    sayThat(id, 5_000);
    await call(`/albums/${id}`, 'PATCH', { order: 'manual' }, 200);
    await call(`/albums/${id}/images`, 'POST', moved, 200);
  });

  it('are 1,000 images a request', async () => {
    const id = await create();
    const many = Array.from({ length: 1_001 }, (_, n) => `image ${n}`);
    await call(`/albums/${id}/images`, 'POST', { add: many }, 400);
    await call(`/albums/${id}/images`, 'POST', { add: many.slice(500), remove: many.slice(0, 500) }, 400);
    const { count } = await call(`/albums/${id}/images`, 'POST', { add: many.slice(1) }, 200);
    assert.equal(count, 0, 'none of them is an image');
    await call(`/albums/${id}/images`, 'POST', { add: [], remove: [] }, 400);
    await call(`/albums/${id}/images`, 'POST', { add: ['a'], places: ['0', '1'] }, 400);
    await call(`/albums/${id}/images`, 'POST', { add: ['a'], places: ['no place'] }, 400);
  });
});
