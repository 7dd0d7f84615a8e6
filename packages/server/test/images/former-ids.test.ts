import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { AlbumId } from '../../src/domain/album/album-id.ts';
import { type Image, pendingImage, type ReadyImage } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

interface Answered {
  readonly image_id?: string;
  readonly code?: string;
  readonly results?: readonly { readonly image_id: string; readonly status?: string; readonly error?: object }[];
  readonly [name: string]: unknown;
}

const PICTURE = new Uint8Array(await testImage({ type: 'image/png', width: 32, height: 24 }));

describe('an image with an id of an earlier service', () => {
  let service: ClosedService;
  let [ada, bob] = ['', ''];
  before(async () => {
    service = await createClosedService({ environment: { TRASH_DAYS: '30', PRESETS: 'small:w=16' } });
    [ada, bob] = [await service.keyOf({ owner: 'ada' }), await service.keyOf({ owner: 'bob' })];
  });
  after(() => service[Symbol.asyncDispose]());

  const ask = (path: string, { key = ada, ...init }: RequestInit & { readonly key?: string } = {}) =>
    service.as(key, path, init);
  async function told(path: string, init?: Parameters<typeof ask>[1], status = 200): Promise<Answered> {
    const answer = await ask(path, init);
    const body = (await answer.json()) as Answered;
    assert.equal(answer.status, status, `${init?.method ?? 'GET'} ${path}: ${JSON.stringify(body)}`);
    return body;
  }
  const sent = (method: string, body: object) => ({ ...json(body), method });

  /** As an import makes it. */
  async function granted(fields: Partial<Image> = {}): Promise<{ readonly id: Image['id']; readonly former: string }> {
    const { images, staging, objects, clock, newId } = service.services;
    const [id, former] = [newId() as Image['id'], randomUUID()];
    const described = { filename: 'old.png', tags: [], description: null, metadata: {}, externalId: null };
    const image = pendingImage(
      { ...described, visibility: 'private', id, userId: 'ada', contentType: 'image/png', ...fields },
      clock.now(),
      { expiresAt: new Date(clock.now().getTime() + 60_000), claim: null, isDirect: false, formerId: former },
    );
    assert.equal(await images.create(image), true);
    await using file = await staging.stage(Readable.from([PICTURE]), { maxBytes: PICTURE.length });
    await objects.put(incomingKey('ada', id), file, { contentType: 'image/png' });
    return { id, former };
  }
  async function imported(
    fields: Partial<Image> = {},
  ): Promise<{ readonly id: ReadyImage['id']; readonly former: string }> {
    const one = await granted(fields);
    assert.equal((await service.services.finalize(one.id)).status, 'ready');
    return one;
  }

  it('is finalized, described and read by it; answers have its own id', async () => {
    const { id, former } = await granted();
    const image = await told(`/images/${former}/metadata`);
    assert.deepEqual([image.image_id, image['status']], [id, 'ready']);
    const upper = former.toUpperCase();
    assert.equal((await told(`/images/${upper}/metadata`)).image_id, id);
    assert.equal((await told(`/images/${former}/complete`, { method: 'POST' })).image_id, id);
    for (const path of [`/images/${former}`, `/images/${former}/original`]) {
      const answer = await ask(path);
      assert.equal(answer.status, 200);
      assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), PICTURE);
    }
    assert.equal((await ask(`/images/${former}/renditions/small`)).status, 200);
    assert.ok(String((await told(`/images/${former}/download`))['download_url']).includes(id));
  });

  it('is changed, linked and purged by it', async () => {
    const { id, former } = await imported();
    const changed = await told(`/images/${former}`, sent('PATCH', { tags: ['sea'], visibility: 'public' }));
    assert.deepEqual([changed.image_id, changed['tags']], [id, ['sea']]);
    assert.equal((await service.request(`/images/${former}/renditions/small`)).status, 200, 'without a credential');
    const link = await told(`/images/${former}/links`, sent('POST', { what: 'original', expires_in: 60 }), 201);
    assert.ok(String(link['url']).includes(id), JSON.stringify(link));
    assert.equal((await service.send(String(link['url']))).status, 200);
    const other = String(link['url']).replace(id, former);
    assert.equal((await service.send(other)).status, 403, 'a signature is for the own id');
    const url = await told(`/images/${former}/render-url`, sent('POST', { w: 8 }));
    assert.deepEqual([url.image_id, String(url['url']).includes(id)], [id, true]);
    const urls = await told('/render-urls', sent('POST', { renders: [{ image_id: former, w: 8 }] }));
    assert.deepEqual(
      urls.results?.map(({ image_id }) => image_id),
      [id],
    );
    const purged = await told(`/images/${former}/renditions`, { method: 'DELETE' });
    assert.deepEqual([purged.image_id, purged['removed']], [id, 1]);
    assert.equal((await told(`/images/${former}/revoke-links`, { method: 'POST' })).image_id, id);
    assert.equal((await service.send(String(link['url']))).status, 404);
  });

  it('comes into an album, becomes its cover and is moved there by it', async () => {
    const [one, two] = [await imported(), await imported()];
    const album = await told('/albums', sent('POST', { title: 'Lisbon', order: 'manual' }), 201);
    const path = `/albums/${album['album_id']}`;
    const { results } = await told(`${path}/images`, sent('POST', { add: [one.former, two.id] }));
    assert.deepEqual(
      results?.map(({ status }) => status),
      ['added', 'added'],
    );
    const coverOf = async () => (await told(path))['cover'] as { readonly image_id?: string } | null;
    assert.equal((await coverOf())?.image_id, one.id);
    const listed = async () => {
      const { images } = await told(`/images?album=${album['album_id']}&order=manual`);
      return (images as readonly Answered[]).map(({ image_id }) => image_id);
    };
    assert.deepEqual(await listed(), [one.id, two.id]);
    await told(`${path}/images`, sent('POST', { move: { image_ids: [one.former], after: two.former } }));
    assert.deepEqual(await listed(), [two.id, one.id]);
    const itself = { move: { image_ids: [one.id], after: one.former } };
    assert.equal((await told(`${path}/images`, sent('POST', itself), 400)).code, 'invalid-request');
    await told(path, sent('PATCH', { cover_id: two.former }));
    assert.equal((await coverOf())?.image_id, two.id);
    assert.equal((await service.services.albums.get(album['album_id'] as AlbumId))?.cover, two.id, 'as it is stored');
    const removal = await told(`${path}/images`, sent('POST', { remove: [one.former] }));
    assert.equal(removal.results?.[0]?.status, 'removed');
    assert.deepEqual(await listed(), [two.id]);
  });

  it('is trashed, restored and deleted by it, and then not found', async () => {
    const { id, former } = await imported();
    assert.equal((await told(`/images/${former}/trash`, { method: 'POST' })).image_id, id);
    await told(`/images/${former}`, {}, 404);
    assert.equal((await told(`/images/${former}/restore`, { method: 'POST' })).image_id, id);
    assert.equal((await told(`/images/${former}`, { method: 'DELETE' })).image_id, id);
    for (const one of [former, id]) {
      await told(`/images/${one}/metadata`, {}, 404);
      await told(`/images/${one}`, { method: 'DELETE' }, 404);
    }
  });

  it('is changed and deleted by it in batches, whose results have the ids as they were sent', async () => {
    const [one, two] = [await imported(), await imported()];
    const image_ids = [one.former, two.id];
    const changed = await told('/images/change', sent('POST', { image_ids, add_tags: ['sea'] }));
    const deleted = await told('/images/delete', sent('POST', { image_ids }));
    for (const { results } of [changed, deleted])
      assert.deepEqual(
        results?.map(({ image_id, error }) => [image_id, error]),
        image_ids.map((id) => [id, undefined]),
      );
    await told(`/images/${one.id}/metadata`, {}, 404);
  });

  it('is hidden from other users, as by its own id', async () => {
    const { former } = await imported();
    const key = bob;
    for (const [path, init] of [
      [`/images/${former}`, {}],
      [`/images/${former}/metadata`, {}],
      [`/images/${former}/original`, {}],
      [`/images/${former}`, sent('PATCH', { tags: ['mine'] })],
      [`/images/${former}`, { method: 'DELETE' }],
    ] as const)
      assert.equal((await told(path, { ...init, key }, 404)).code, 'image-not-found');
    assert.equal((await told(`/images/${former}?user_id=bob`, { key: service.admin }, 404)).code, 'image-not-found');
    const { results } = await told('/images/delete', { ...sent('POST', { image_ids: [former] }), key });
    assert.ok(results?.[0]?.error);
    await told(`/images/${former}/metadata`);
  });

  it('is not found by an id that no image had', async () => {
    assert.equal((await told(`/images/${randomUUID()}/metadata`, {}, 404)).code, 'image-not-found');
  });
});
