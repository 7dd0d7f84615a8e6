import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from '../answers.ts';
import { type Api, json, newUser, put, putGood } from '../api.ts';
import { HTML, picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };

export const describeLife = (api: Api): void => {
  /** A grant whose bytes aren't an image; the first look rejects it. */
  const rejected = async (user = newUser(), fields: object = {}) => {
    const grant = await api.grant({ user_id: user, ...fields });
    await put(grant, HTML);
    assert.equal((await api.metadata(grant.image_id)).status, 'rejected');
    return grant;
  };

  describe('The life of an image', () => {
    it('a grant writes one pending record, whose verified fields are null', async () => {
      const user = newUser();
      const { image_id } = await api.grant({ user_id: user, tags: ['x'], filename: 'a.png', description: 'd' });
      const image = await api.metadata(image_id);
      assert.equal(image.status, 'pending');
      const millisecond = Number.parseInt(image_id.replaceAll('-', '').slice(0, 12), 16);
      assert.equal(Date.parse(image.created_at), millisecond);
      for (const field of ['size', 'width', 'height', 'sha256', 's3_url', 'upload_time', 'placeholder'] as const) {
        assert.equal(image[field], null, field);
      }
      assert.deepEqual([image.user_id, image.filename, image.tags, image.description], [user, 'a.png', ['x'], 'd']);
      assert.equal((await api.list({ user_id: user })).count, 0);
    });

    it('bytes of an image that is not ready are never served: 409 image-not-ready', async () => {
      const pending = (await api.grant({ user_id: newUser() })).image_id;
      for (const id of [pending, (await rejected()).image_id]) {
        for (const path of ['', '?download=true', '/original', '/download'].map((one) => `/images/${id}${one}`)) {
          await api.refused('image-not-ready', path);
        }
        const head = await api.send(`/images/${id}`, { method: 'HEAD' });
        assert.equal(head.status, 409);
      }
    });

    it('right after the PUT, with no other call, the image is in the list', async () => {
      const user = newUser();
      const grant = await api.grant({ user_id: user });
      assert.equal((await api.list({ user_id: user })).count, 0); // an absence is never cached
      await putGood(grant, await picture());
      const { count, images } = await api.list({ user_id: user });
      assert.equal(count, 1);
      assert.deepEqual([images[0]?.image_id, images[0]?.status], [grant.image_id, 'ready']);
    });

    it("right after the PUT, with no other call, the image is in everyone's list (open mode)", async () => {
      const tag = newUser().slice(0, 60);
      const grant = await api.grant({ user_id: newUser(), tags: [tag] });
      await putGood(grant, await picture());
      const { images } = await api.list({ tag });
      assert.equal(images[0]?.image_id, grant.image_id);
    });

    it('right after the PUT, with no other call, its bytes are served', async () => {
      const grant = await api.grant({ user_id: newUser() });
      await api.refused('image-not-ready', `/images/${grant.image_id}`);
      await putGood(grant, await picture());
      const response = await api.send(`/images/${grant.image_id}`);
      await response.arrayBuffer();
      assert.equal(response.status, 200);
    });

    it('refused bytes: the record is rejected with its reason {code, detail}, and only that is promised', async () => {
      const user = newUser();
      const { image_id } = await rejected(user);
      const image = await api.metadata(image_id);
      assert.equal(image.rejection?.code, 'unsupported-type');
      assert.match(image.rejection?.detail ?? '', /^expected .+; got /);
      assert.equal(image.s3_url, null);
      assert.equal((await api.list({ user_id: user })).count, 0);
      const { images } = await api.listOf({ user_id: user, status: 'rejected' }, [image_id]);
      assert.deepEqual(images, [image]);
    });

    it('rejected keeps the file name, and nothing else that was said of the image', async () => {
      const said = { filename: 'page.jpg', tags: ['x'], description: 'd', metadata: { camera: 'x' } };
      const { image_id } = await rejected(newUser(), said);
      const { filename, tags, description, metadata } = await api.metadata(image_id);
      const kept = { filename: 'page.jpg', tags: [], description: null, metadata: {} };
      assert.deepEqual({ filename, tags, description, metadata }, kept);
    });

    it('a PATCH puts nothing back on a rejected one', async () => {
      const { image_id } = await rejected();
      const before = await api.metadata(image_id);
      const patch = json({ filename: 'me.jpg', tags: ['x'], description: 'd' }, {}, 'PATCH');
      for (const path of ['', '/metadata']) await api.refused('image-not-ready', `/images/${image_id}${path}`, patch);
      assert.deepEqual(await api.metadata(image_id), before);
    });

    it('rejection is there only when rejected', async () => {
      const ready = await api.upload(newUser(), await picture());
      const pending = await api.metadata((await api.grant({ user_id: newUser() })).image_id);
      for (const image of [ready, pending]) assert.equal('rejection' in image, false);
    });

    it('rejected is final: good bytes to the same URL change nothing', async () => {
      const grant = await rejected();
      await put(grant, await picture());
      await api.refused('unsupported-type', `/images/${grant.image_id}/complete`, POST);
      assert.equal((await api.metadata(grant.image_id)).status, 'rejected');
    });

    it('nothing is resurrected: bytes for a deleted upload stay gone', async () => {
      const user = newUser();
      const grant = await api.grant({ user_id: user });
      await api.ask(`/images/${grant.image_id}`, { method: 'DELETE' });
      await put(grant, await picture());
      await api.refused('image-not-found', `/images/${grant.image_id}`);
      await api.refused('image-not-found', `/images/${grant.image_id}/complete`, POST);
      assert.equal((await api.list({ user_id: user })).count, 0);
    });
  });

  describe('POST /images/{id}/complete finalizes now', () => {
    it('200 image', async () => {
      const grant = await api.grant({ user_id: newUser() });
      await putGood(grant, await picture());
      const image = await api.ask<Image>(`/images/${grant.image_id}/complete`, POST);
      assert.equal(image.status, 'ready');
      assert.deepEqual(image, await api.metadata(grant.image_id));
      assert.deepEqual(await api.ask(`/images/${grant.image_id}/complete`, POST), image);
    });

    it('many at once get the same image', async () => {
      const grant = await api.grant({ user_id: newUser() });
      await putGood(grant, await picture());
      const all = Array.from({ length: 8 }, () => api.ask<Image>(`/images/${grant.image_id}/complete`, POST));
      const [first, ...others] = await Promise.all(all);
      for (const other of others) assert.deepEqual(other, first);
    });

    it('409 upload-missing', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      await api.refused('upload-missing', `/images/${image_id}/complete`, POST);
    });

    it('400 with the reason when the bytes are refused, again on repeat', async () => {
      const { image_id } = await rejected();
      const { rejection } = await api.metadata(image_id);
      for (let time = 0; time < 2; time++) {
        const { detail } = await api.refused('unsupported-type', `/images/${image_id}/complete`, POST);
        assert.equal(detail, rejection?.detail);
      }
    });

    it('of another user: 403', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      const init = { ...POST, headers: { 'X-User-Id': newUser() } };
      await api.refused('forbidden', `/images/${image_id}/complete`, init);
    });
  });

  describe('GET /images/{id}/metadata?wait=', () => {
    it('answers as soon as it is no longer pending', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const start = performance.now();
      const waiting = api.ask<Image>(`/images/${grant.image_id}/metadata?wait=20`);
      // The wait must have begun; a slower start would only make the case easier.
      await delay(300);
      await put(grant, await picture());
      assert.equal((await waiting).status, 'ready');
      assert.ok(performance.now() - start < 15_000, 'it waited to the end');
    });

    it('answers as soon as its bytes were refused', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const start = performance.now();
      const waiting = api.ask<Image>(`/images/${grant.image_id}/metadata?wait=20`);
      await put(grant, HTML);
      assert.equal((await waiting).status, 'rejected');
      assert.ok(performance.now() - start < 15_000, 'it waited to the end');
    });

    it('answers the pending image once the time is over', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      const start = performance.now();
      assert.equal((await api.ask<Image>(`/images/${image_id}/metadata?wait=1`)).status, 'pending');
      assert.ok(performance.now() - start > 900, 'it did not wait');
    });

    it('answers a settled image at once', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const start = performance.now();
      assert.equal((await api.ask<Image>(`/images/${image_id}/metadata?wait=20`)).status, 'ready');
      assert.ok(performance.now() - start < 10_000, 'it waited');
    });

    it('is from 0 to 20 seconds', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      for (const wait of [0, 20]) await api.ask(`/images/${image_id}/metadata?wait=${wait}`);
      for (const wait of ['21', '-1', 'x', '1.5']) {
        await api.refused('invalid-request', `/images/${image_id}/metadata?wait=${wait}`, {}, 'wait');
      }
    });
  });

  describe('DELETE /images/{id}', () => {
    const remove: RequestInit = { method: 'DELETE' };

    it('owner by ?user_id=, by X-User-Id, or neither in open mode: {message, image_id, status: "deleted"}', async () => {
      const user = newUser();
      for (const [query, init] of [
        [`?user_id=${user}`, remove],
        ['', { ...remove, headers: { 'X-User-Id': user } }],
        ['', remove],
      ] as const) {
        const { image_id } = await api.upload(user, await picture());
        const deletion = await api.ask(`/images/${image_id}${query}`, init);
        assert.deepEqual(deletion, { message: 'Image deleted successfully', image_id, status: 'deleted' });
      }
    });

    it('any state', async () => {
      const user = newUser();
      const states = [
        (await api.upload(user, await picture())).image_id,
        (await api.grant({ user_id: user })).image_id,
        (await rejected(user)).image_id,
      ];
      for (const id of states) {
        await api.ask(`/images/${id}`, remove);
        await api.refused('image-not-found', `/images/${id}/metadata`);
      }
      for (const status of ['ready', 'pending', 'rejected', 'expired']) {
        await api.listOf({ user_id: user, status }, []);
      }
    });

    it("another user's: 403, and it stays", async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const other = newUser();
      await api.refused('forbidden', `/images/${image_id}`, { ...remove, headers: { 'X-User-Id': other } });
      await api.refused('forbidden', `/images/${image_id}?user_id=${other}`, remove);
      assert.equal((await api.metadata(image_id)).status, 'ready');
    });

    it('absent or already gone: 404', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      await api.ask(`/images/${image_id}`, remove);
      await api.refused('image-not-found', `/images/${image_id}`, remove);
      await api.refused('image-not-found', `/images/${crypto.randomUUID()}`, remove);
    });

    it('hides the image at once, whatever one asks', async () => {
      const user = newUser();
      const { image_id } = await api.upload(user, await picture(), { tags: 'x' });
      await api.ask(`/images/${image_id}`, remove);
      for (const path of ['', '?download=true', '/download', '/metadata']) {
        await api.refused('image-not-found', `/images/${image_id}${path}`);
      }
      const patch = json({ description: 'x' }, {}, 'PATCH');
      await api.refused('image-not-found', `/images/${image_id}/metadata`, patch);
      await api.refused('image-not-found', `/images/${image_id}/complete`, POST);
      for (const query of [{ user_id: user }, { user_id: user, tag: 'x' }]) {
        await api.listOf(query, []);
      }
    });

    it('of many at once, one deletes', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const all = await Promise.all(Array.from({ length: 10 }, () => api.send(`/images/${image_id}`, remove)));
      const statuses = all.map(({ status }) => status).toSorted();
      assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 404)]);
    });
  });
};
