import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image, RenderLinks, RenditionDownload, Trashed, TrashResults } from '../answers.ts';
import { type Api, bodyOf, ids, json, newUser, put } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DAY_MS = 86_400_000;

export const describeTrash = (api: Api): void => {
  if (api.trashDays === 0) describeNoTrash(api);
  else describeTrashOf(api);
};

const describeNoTrash = (api: Api): void => {
  describe('A service without a trash', () => {
    it('answers 404 on the four routes, whatever the request, and lists no trashed image of a new user', async () => {
      const user_id = newUser();
      const image = await api.upload(user_id, await picture());
      for (const verb of ['trash', 'restore']) {
        for (const id of [image.image_id, 'no-id']) await api.refused('route-not-found', `/images/${id}/${verb}`, POST);
        for (const image_ids of [[image.image_id], []]) {
          await api.refused('route-not-found', `/images/${verb}`, json({ user_id, image_ids }));
        }
      }
      assert.deepEqual(await api.metadata(image.image_id), image);
      assert.equal((await api.list({ user_id, status: 'trashed' })).count, 0);
    });
  });
};

const describeTrashOf = (api: Api): void => {
  const trash = (id: string) => api.ask<Trashed>(`/images/${id}/trash`, POST);
  const restore = (id: string) => api.ask<Image>(`/images/${id}/restore`, POST);
  const upload = async (user = newUser(), tags = ['sea', 'holiday']) =>
    api.upload(user, await picture({ type: 'image/jpeg' }), { filename: 'me.jpg', tags });
  const rejected = async (): Promise<string> => {
    const grant = await api.grant({ user_id: newUser() });
    await put(grant, new TextEncoder().encode('no image'));
    await api.send(`/images/${grant.image_id}/complete`, POST);
    assert.equal((await api.metadata(grant.image_id)).status, 'rejected');
    return grant.image_id;
  };
  const isListed = (query: Parameters<Api['list']>[0], expected: readonly string[]) => api.listOf(query, expected);

  describe('POST /images/{id}/trash', () => {
    it('answers {image_id, status: "trashed", purge_at}, after `trash_days` of GET /; repeated calls answer the same', async () => {
      const { image_id } = await upload();
      const before = Date.now();
      const trashed = await trash(image_id);
      assert.deepEqual([trashed.image_id, trashed.status], [image_id, 'trashed']);
      const days = (Date.parse(trashed.purge_at) - before) / DAY_MS;
      assert.ok(Math.abs(days - api.trashDays) < 0.5, trashed.purge_at); // clocks differ
      assert.match(trashed.purge_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.deepEqual(Object.keys(trashed).toSorted(), ['image_id', 'purge_at', 'status']);
      for (let time = 0; time < 2; time++) assert.deepEqual(await trash(image_id), trashed);
    });

    it('is for ready images only: 409 for a pending and a rejected one, 404 for a deleted one and for none', async () => {
      const user_id = newUser();
      const { image_id } = await api.grant({ user_id });
      await api.refused('image-not-ready', `/images/${image_id}/trash`, POST);
      assert.equal((await api.metadata(image_id)).status, 'pending');
      const refused = await rejected();
      await api.refused('image-not-ready', `/images/${refused}/trash`, POST);
      assert.equal((await api.metadata(refused)).status, 'rejected');
      await api.ask(`/images/${image_id}`, { method: 'DELETE' });
      for (const id of [image_id, crypto.randomUUID(), 'no-id']) {
        await api.refused('image-not-found', `/images/${id}/trash`, POST);
      }
    });

    it(`another user's image: ${api.isOpen ? 403 : 404}, and it stays as it is`, async () => {
      const image = await upload();
      await api.refused(api.notOwner, `/images/${image.image_id}/trash?user_id=mallory`, POST);
      await api.refused(api.notOwner, `/images/${image.image_id}/trash`, {
        ...POST,
        headers: { 'X-User-Id': 'mallory' },
      });
      assert.deepEqual(await api.metadata(image.image_id), image);
      await trash(image.image_id);
      await api.refused(api.notOwner, `/images/${image.image_id}/restore?user_id=mallory`, POST);
      await api.refused(api.notOwner, `/images/${image.image_id}?user_id=mallory`, { method: 'DELETE' });
      await restore(image.image_id);
    });

    it('takes it from every list of ready images, and GET /images?status=trashed lists it', async () => {
      const user_id = newUser();
      const [kept, gone] = [await upload(user_id), await upload(user_id)];
      const lists = [
        { user_id },
        { user_id, tag: 'sea' },
        { user_id, tag: ['sea', 'holiday'] },
        { user_id, content_type: 'image/jpeg' },
      ];
      for (const query of lists) await isListed(query, [gone.image_id, kept.image_id]);
      const { purge_at } = await trash(gone.image_id);
      for (const query of lists) await isListed(query, [kept.image_id]);
      const { images } = await isListed({ user_id, status: 'trashed' }, [gone.image_id]);
      const [shown] = images;
      assert.ok(shown);
      const trashed = { status: 'trashed', renditions: null, purge_at, revision: gone.revision + 1 };
      const { updated_at, ...expected } = { ...gone, ...trashed };
      const { updated_at: trashedAt, ...rest } = shown;
      assert.deepEqual(rest, expected);
      assert.ok(trashedAt >= updated_at);
      await isListed({ user_id: newUser(), status: 'trashed' }, []);
    });

    it('the list is of one owner, combines with dates and order only, and has pages', async () => {
      const user_id = newUser();
      const all: string[] = [];
      for (let n = 0; n < 3; n++) {
        const { image_id } = await upload(user_id);
        await trash(image_id);
        all.push(image_id);
      }
      const status = 'trashed';
      await isListed({ user_id, status, order: 'oldest', start_date: '2026-01-01' }, all);
      await isListed({ user_id, status, end_date: '2020-01-01' }, []);
      const pages = await api.pages({ user_id, status, limit: 2 });
      assert.deepEqual(
        pages.map(({ images }) => ids(images)),
        [all.slice(1).toReversed(), all.slice(0, 1)],
      );
      await api.refused('invalid-request', '/images?status=trashed', {}, 'user_id');
      await api.refused('invalid-request', `/images?status=trashed&user_id=${user_id}&tag=sea`, {}, 'status');
    });

    it('by id the image is 404 on every other route', async () => {
      const { image_id: id } = await upload();
      await trash(id);
      for (const path of ['', '?download=true', '/original', '/download', '/metadata', '/metadata?wait=1']) {
        await api.refused('image-not-found', `/images/${id}${path}`);
      }
      for (const path of ['', '/original']) {
        assert.equal((await api.send(`/images/${id}${path}`, { method: 'HEAD' })).status, 404);
      }
      for (const path of ['', '/metadata']) {
        await api.refused('image-not-found', `/images/${id}${path}`, json({ description: 'x' }, {}, 'PATCH'));
      }
      for (const path of ['', '/download']) {
        await api.refused('image-not-found', `/images/${id}/renditions/thumb${path}`);
      }
      for (const path of ['/renditions', '/renditions/thumb']) {
        await api.refused('image-not-found', `/images/${id}${path}`, { method: 'DELETE' });
      }
      await api.refused('image-not-found', `/images/${id}/render-url`, json({ w: 10 }));
      const renders = [{ image_id: id, w: 10 }];
      const { count, results } = await api.ask<RenderLinks>('/render-urls', json({ renders }));
      assert.deepEqual([count, results[0]?.error?.code], [0, 'image-not-found']);
      await api.refused('image-not-found', `/images/${id}/complete`, POST);
    });

    it('renditions, signed renders and downloads that were already given out are refused', async () => {
      const image = await upload();
      const id = image.image_id;
      const { url: render } = await api.link(id, { w: 8 });
      const preset = image.renditions?.['thumb'] ?? '';
      const original = await api.ask<{ download_url: string }>(`/images/${id}/download`);
      const thumb = `/images/${id}/renditions/thumb/download`;
      const rendition = await api.ask<RenditionDownload>(thumb);
      const downloads = [original.download_url, rendition.download_url];
      for (const url of [render, preset, ...downloads]) await api.read(url);
      await trash(id);
      for (const url of [render, preset]) await api.refused('image-not-found', url);
      for (const url of downloads) {
        const response = await api.send(url);
        const body = Buffer.from(await bodyOf(response)).toString();
        // The disk endpoint refuses at once. In a bucket the URL works until it expires.
        if (new URL(url).pathname.startsWith('/objects/')) {
          assert.equal(response.status, 404, body);
          assert.match(body, /<Code>NoSuchKey<\/Code>/);
        } else {
          assert.equal(response.status, 200, body);
        }
      }
      await restore(id);
      for (const url of [render, preset, ...downloads]) await api.read(url);
    });

    it('its presets are shown with trashed=true, to no cache, and to nobody by a signature', async () => {
      const image = await api.upload(newUser(), await picture({ type: 'image/jpeg', width: 400, height: 300 }));
      const id = image.image_id;
      const thumb = `/images/${id}/renditions/thumb`;
      const bytes = await api.read(thumb);
      await api.refused('image-not-found', `${thumb}?trashed=true`);
      await trash(id);
      for (const preset of ['thumb', 'medium']) {
        const path = `/images/${id}/renditions/${preset}?trashed=true`;
        const response = await api.send(path, { redirect: 'manual' });
        const shown = Buffer.from(await bodyOf(response));
        assert.equal(response.status, 200, String(shown));
        assert.equal(response.headers.get('cache-control'), 'private, no-store');
        if (preset === 'thumb') assert.ok(shown.equals(Buffer.from(bytes)));
      }
      if (!api.isOpen) {
        await api.refused('image-not-found', `${image.renditions?.['thumb']}&trashed=true`);
        assert.equal((await api.anonymously(`${thumb}?trashed=true`)).status, 401);
      }
      await restore(id);
      await api.refused('image-not-found', `${thumb}?trashed=true`);
    });

    it('a repeated upload with its Idempotency-Key answers only that the image is trashed', async () => {
      const [user, key] = [newUser(), crypto.randomUUID()];
      const headers = { 'X-User-Id': user, 'Content-Type': 'image/png', 'Idempotency-Key': key };
      const again = { method: 'POST', headers, body: await picture() };
      const image = await api.ask<Image>('/images/upload', again);
      const trashed = await trash(image.image_id);
      assert.deepEqual(await api.ask('/images/upload', again), trashed);
      await restore(image.image_id);
      assert.equal((await api.ask<Image>('/images/upload', again)).status, 'ready');
    });
  });

  describe('POST /images/{id}/restore', () => {
    it('200 image with its id, bytes, renditions, upload_time and tags; the revision goes up', async () => {
      const user_id = newUser();
      const bytes = await picture({ type: 'image/jpeg' });
      const image = await api.upload(user_id, bytes, { tags: ['sea', 'holiday'] });
      const id = image.image_id;
      const rendition = await api.read(`/images/${id}/renditions/thumb`);
      const revision = await revisionOf(api, id);
      await trash(id);
      const restored = await restore(id);
      const { updated_at, revision: restoredRevision } = restored;
      assert.deepEqual({ ...image, updated_at, revision: restoredRevision }, restored);
      assert.equal(restoredRevision, image.revision + 2);
      assert.deepEqual(await api.metadata(id), restored);
      assert.ok((await revisionOf(api, id)) > revision);
      assert.deepEqual(await api.read(`/images/${id}`), bytes);
      assert.deepEqual(await api.read(`/images/${id}/renditions/thumb`), rendition);
      for (const query of [
        { user_id },
        { user_id, tag: ['sea', 'holiday'] },
        { user_id, content_type: 'image/jpeg' },
      ]) {
        await isListed(query, [id]);
      }
      await isListed({ user_id, status: 'trashed' }, []);
      const changed = await api.ask<Image>(`/images/${id}`, json({ description: 'back' }, {}, 'PATCH'));
      assert.equal(changed.description, 'back');
    });

    it('404 for an image that is not trashed: a ready, a pending, a rejected, a deleted one, and none', async () => {
      const { image_id } = await upload();
      const pending = await api.grant({ user_id: newUser() });
      const deleted = (await upload()).image_id;
      await api.ask(`/images/${deleted}`, { method: 'DELETE' });
      const all = [image_id, pending.image_id, await rejected(), deleted, crypto.randomUUID(), 'no-id'];
      for (const id of all) await api.refused('image-not-found', `/images/${id}/restore`, POST);
      await trash(image_id);
      await restore(image_id);
      await api.refused('image-not-found', `/images/${image_id}/restore`, POST);
    });
  });

  describe('DELETE of a trashed image', () => {
    it('purges it: it can be restored no more', async () => {
      const user_id = newUser();
      const { image_id } = await upload(user_id);
      await trash(image_id);
      const deleted = await api.ask<{ status: string }>(`/images/${image_id}`, { method: 'DELETE' });
      assert.equal(deleted.status, 'deleted');
      for (const verb of ['restore', 'trash'])
        await api.refused('image-not-found', `/images/${image_id}/${verb}`, POST);
      await api.refused('image-not-found', `/images/${image_id}`, { method: 'DELETE' });
      await isListed({ user_id, status: 'trashed' }, []);
    });

    it('DELETE of a ready image stays permanent: it never gets into the trash', async () => {
      const user_id = newUser();
      const { image_id } = await upload(user_id);
      await api.ask(`/images/${image_id}`, { method: 'DELETE' });
      await api.refused('image-not-found', `/images/${image_id}/restore`, POST);
      await isListed({ user_id, status: 'trashed' }, []);
    });
  });

  describe('POST /images/trash and POST /images/restore: up to 1,000 ids, each with its own result', () => {
    const all = (verb: 'trash' | 'restore', body: object) => api.ask<TrashResults>(`/images/${verb}`, json(body));
    const outcomes = ({ results }: TrashResults) =>
      results.map(({ image_id, status, error }) => [image_id, status ?? error?.code]);

    it('each is trashed, restored, or says why not', async () => {
      const user_id = newUser();
      const [one, two] = [await upload(user_id), await upload(user_id)].map(({ image_id }) => image_id);
      assert.ok(one && two);
      const foreign = (await upload()).image_id;
      const pending = (await api.grant({ user_id })).image_id;
      const nobody = crypto.randomUUID();
      const image_ids = [one, nobody, foreign, 'no-id', pending, two];
      const trashed = await all('trash', { user_id, image_ids });
      const none = [
        [nobody, 'image-not-found'],
        [foreign, api.notOwner],
        ['no-id', 'image-not-found'],
      ];
      assert.equal(trashed.count, 2);
      assert.deepEqual(outcomes(trashed), [[one, 'trashed'], ...none, [pending, 'image-not-ready'], [two, 'trashed']]);
      assert.equal(trashed.results[0]?.purge_at, (await trash(one)).purge_at);
      for (const id of [one, two]) await api.refused('image-not-found', `/images/${id}/metadata`);

      const restored = await all('restore', { user_id, image_ids: [one, nobody, foreign, pending, two] });
      assert.equal(restored.count, 2);
      assert.deepEqual(outcomes(restored), [
        [one, 'ready'],
        [nobody, 'image-not-found'],
        [foreign, 'image-not-found'],
        [pending, 'image-not-found'],
        [two, 'ready'],
      ]);
      for (const id of [one, two]) assert.equal((await api.metadata(id)).status, 'ready');
    });

    it('1 to 1,000 ids; none or 1,001 are 400', async () => {
      const user_id = newUser();
      const many = Array.from({ length: 1_000 }, () => crypto.randomUUID());
      for (const verb of ['trash', 'restore'] as const) {
        const { count, results } = await all(verb, { user_id, image_ids: many });
        assert.deepEqual([count, results.length], [0, 1_000]);
        for (const image_ids of [[], [...many, crypto.randomUUID()], 'x', [7], undefined]) {
          await api.refused('invalid-request', `/images/${verb}`, json({ user_id, image_ids }), 'image_ids');
        }
      }
    });

    it('POST /images/delete purges trashed ones too', async () => {
      const user_id = newUser();
      const { image_id } = await upload(user_id);
      await trash(image_id);
      const deleted = await api.ask<TrashResults>('/images/delete', json({ user_id, image_ids: [image_id] }));
      assert.deepEqual(outcomes(deleted), [[image_id, 'deleted']]);
      await eventually(async () => assert.equal((await api.list({ user_id, status: 'trashed' })).count, 0));
    });
  });
};

/** The number before the dot of the ETag. */
async function revisionOf(api: Api, id: string): Promise<number> {
  const response = await api.send(`/images/${id}/metadata`);
  await response.text();
  return Number(/^"(\d+)\./.exec(response.headers.get('etag') ?? '')?.[1]);
}
