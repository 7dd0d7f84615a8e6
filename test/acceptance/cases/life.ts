import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Grant, Image, Page } from '../answers.ts';
import { type Api, json, newUser, put, putGood } from '../api.ts';
import { eventually } from '../eventually.ts';
import { HTML, picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };

const ATTEMPTS = 4;

/**
 * The list once no upload of it is still being verified: on a busy machine its first answer may come before the
 * verdict.
 */
async function finalized(list: () => Promise<Page>): Promise<Page> {
  return eventually(async () => {
    const page = await list();
    assert.equal(page.pending, undefined);
    return page;
  });
}

export const describeLife = (api: Api): void => {
  /** A grant whose bytes are not an image: a read of the metadata rejects it, on a busy machine not the first. */
  const rejected = async (user = newUser(), fields: object = {}) => {
    const grant = await api.grant({ user_id: user, ...fields });
    await put(grant, HTML);
    await eventually(async () => assert.equal((await api.metadata(grant.image_id)).status, 'rejected'));
    return grant;
  };

  describe('Life cycle of an image', () => {
    it('a grant creates a pending image whose verified fields are null', async () => {
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

    it('bytes of a pending or rejected image are 409 image-not-ready', async () => {
      const pending = (await api.grant({ user_id: newUser() })).image_id;
      for (const id of [pending, (await rejected()).image_id]) {
        for (const path of ['', '?download=true', '/original', '/download'].map((one) => `/images/${id}${one}`)) {
          await api.refused('image-not-ready', path);
        }
        const head = await api.send(`/images/${id}`, { method: 'HEAD' });
        assert.equal(head.status, 409);
      }
    });

    it("right after the PUT, without another request, the user's list contains the image", async () => {
      const user = newUser();
      const grant = await api.grant({ user_id: user });
      assert.equal((await api.list({ user_id: user })).count, 0); // an absence is never cached
      await putGood(grant, await picture());
      const { count, images } = await finalized(() => api.list({ user_id: user }));
      assert.equal(count, 1);
      assert.deepEqual([images[0]?.image_id, images[0]?.status], [grant.image_id, 'ready']);
    });

    it('right after the PUT, without another request, the list of all users contains the image (open mode)', async () => {
      const tag = newUser().slice(0, 60);
      const grant = await api.grant({ user_id: newUser(), tags: [tag] });
      await putGood(grant, await picture());
      await eventually(async () => {
        const { images } = await api.list({ tag });
        assert.equal(images[0]?.image_id, grant.image_id);
      });
    });

    it('right after the PUT, without another request, the bytes are served', async () => {
      const grant = await api.grant({ user_id: newUser() });
      await api.refused('image-not-ready', `/images/${grant.image_id}`);
      await putGood(grant, await picture());
      const response = await api.send(`/images/${grant.image_id}`);
      await response.arrayBuffer();
      assert.equal(response.status, 200);
    });

    it('refused bytes make the image rejected, with a rejection {code, detail} and no s3_url', async () => {
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

    it('a rejected image keeps its filename, and loses tags, description and metadata', async () => {
      const said = { filename: 'page.jpg', tags: ['x'], description: 'd', metadata: { camera: 'x' } };
      const { image_id } = await rejected(newUser(), said);
      const { filename, tags, description, metadata } = await api.metadata(image_id);
      const kept = { filename: 'page.jpg', tags: [], description: null, metadata: {} };
      assert.deepEqual({ filename, tags, description, metadata }, kept);
    });

    it('a PATCH of a rejected image is 409 and changes nothing', async () => {
      const { image_id } = await rejected();
      const before = await api.metadata(image_id);
      const patch = json({ filename: 'me.jpg', tags: ['x'], description: 'd' }, {}, 'PATCH');
      for (const path of ['', '/metadata']) await api.refused('image-not-ready', `/images/${image_id}${path}`, patch);
      assert.deepEqual(await api.metadata(image_id), before);
    });

    it('a pending or ready image has no rejection field', async () => {
      const ready = await api.upload(newUser(), await picture());
      const pending = await api.metadata((await api.grant({ user_id: newUser() })).image_id);
      for (const image of [ready, pending]) assert.equal('rejection' in image, false);
    });

    it('a rejected image stays rejected after valid bytes are PUT to the same URL', async () => {
      const grant = await rejected();
      await put(grant, await picture());
      await api.refused('unsupported-type', `/images/${grant.image_id}/complete`, POST);
      assert.equal((await api.metadata(grant.image_id)).status, 'rejected');
    });

    it('a deleted image stays deleted after bytes are PUT to its URL', async () => {
      const user = newUser();
      const grant = await api.grant({ user_id: user });
      await api.ask(`/images/${grant.image_id}`, { method: 'DELETE' });
      await put(grant, await picture());
      await api.refused('image-not-found', `/images/${grant.image_id}`);
      await api.refused('image-not-found', `/images/${grant.image_id}/complete`, POST);
      assert.equal((await api.list({ user_id: user })).count, 0);
    });
  });

  describe('POST /images/{id}/complete', () => {
    it('answers the ready image, also on repeat', async () => {
      const grant = await api.grant({ user_id: newUser() });
      await putGood(grant, await picture());
      const image = await api.ask<Image>(`/images/${grant.image_id}/complete`, POST);
      assert.equal(image.status, 'ready');
      assert.deepEqual(image, await api.metadata(grant.image_id));
      assert.deepEqual(await api.ask(`/images/${grant.image_id}/complete`, POST), image);
    });

    it('answers the same image to concurrent requests', async () => {
      const grant = await api.grant({ user_id: newUser() });
      await putGood(grant, await picture());
      const all = Array.from({ length: 8 }, () => api.ask<Image>(`/images/${grant.image_id}/complete`, POST));
      const [first, ...others] = await Promise.all(all);
      for (const other of others) assert.deepEqual(other, first);
    });

    it('answers 409 upload-missing before bytes are uploaded', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      await api.refused('upload-missing', `/images/${image_id}/complete`, POST);
    });

    it('answers 400 with the reason of the rejection, also on repeat', async () => {
      const { image_id } = await rejected();
      const { rejection } = await api.metadata(image_id);
      for (let time = 0; time < 2; time++) {
        const { detail } = await api.refused('unsupported-type', `/images/${image_id}/complete`, POST);
        assert.equal(detail, rejection?.detail);
      }
    });

    it(`answers ${api.isOpen ? 403 : 404} to another user`, async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      const init = { ...POST, headers: { 'X-User-Id': newUser() } };
      await api.refused(api.notOwner, `/images/${image_id}/complete`, init);
    });
  });

  describe('GET /images/{id}/metadata?wait=', () => {
    /**
     * What a wait of 20 seconds answers, unless a wait for an image without an upload, which began before it, ends
     * first.
     */
    const answerAfter = async (upload: (grant: Grant) => Promise<unknown>): Promise<string | undefined> => {
      const [unused, used] = await Promise.all([api.grant({ user_id: newUser() }), api.grant({ user_id: newUser() })]);
      const given = new AbortController();
      const wait = (id: string) => api.ask<Image>(`/images/${id}/metadata?wait=20`, { signal: given.signal });
      const whole = wait(unused.image_id).then(
        () => undefined,
        () => undefined,
      );
      const waiting = wait(used.image_id).then(({ status }) => status);
      // Time for the requests to begin their wait. If it is too short, the case only gets easier to pass.
      await delay(300);
      await upload(used);
      const first = await Promise.race([waiting, whole]);
      given.abort();
      return first;
    };

    /**
     * The status after an upload. On a busy machine the first uploads may take longer than a wait: then further ones
     * are tried.
     */
    const statusAfter = async (upload: (grant: Grant) => Promise<unknown>): Promise<string | undefined> => {
      for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
        const status = await answerAfter(upload);
        if (status !== undefined && status !== 'pending') return status;
      }
      return answerAfter(upload);
    };

    it('answers as soon as the image is ready', async () => {
      assert.equal(await statusAfter(async (grant) => put(grant, await picture())), 'ready');
    });

    it('answers as soon as the bytes are refused', async () => {
      assert.equal(await statusAfter((grant) => put(grant, HTML)), 'rejected');
    });

    it('answers the pending image after that many seconds', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      const start = performance.now();
      assert.equal((await api.ask<Image>(`/images/${image_id}/metadata?wait=1`)).status, 'pending');
      assert.ok(performance.now() - start > 900, 'expected a wait');
    });

    it('answers immediately for a ready image', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const start = performance.now();
      assert.equal((await api.ask<Image>(`/images/${image_id}/metadata?wait=20`)).status, 'ready');
      assert.ok(performance.now() - start < 10_000, 'expected no wait');
    });

    it('accepts 0 to 20 seconds; other values are 400', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      for (const wait of [0, 20]) await api.ask(`/images/${image_id}/metadata?wait=${wait}`);
      for (const wait of ['21', '-1', 'x', '1.5']) {
        await api.refused('invalid-request', `/images/${image_id}/metadata?wait=${wait}`, {}, 'wait');
      }
    });
  });

  describe('DELETE /images/{id}', () => {
    const remove: RequestInit = { method: 'DELETE' };

    it('answers {message, image_id, status: "deleted"} to the owner and, in open mode, to a request without a user', async () => {
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

    it('deletes ready, pending and rejected images', async () => {
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

    it(`answers ${api.isOpen ? 403 : 404} to another user and keeps the image`, async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const other = newUser();
      await api.refused(api.notOwner, `/images/${image_id}`, { ...remove, headers: { 'X-User-Id': other } });
      await api.refused(api.notOwner, `/images/${image_id}?user_id=${other}`, remove);
      assert.equal((await api.metadata(image_id)).status, 'ready');
    });

    it('answers 404 for an unknown or deleted image', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      await api.ask(`/images/${image_id}`, remove);
      await api.refused('image-not-found', `/images/${image_id}`, remove);
      await api.refused('image-not-found', `/images/${crypto.randomUUID()}`, remove);
    });

    it('hides the image immediately from all routes and lists', async () => {
      const user = newUser();
      const { image_id } = await api.upload(user, await picture(), { tags: ['x'] });
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

    it('answers 200 to one of several concurrent requests, and 404 to the others', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const all = await Promise.all(Array.from({ length: 10 }, () => api.send(`/images/${image_id}`, remove)));
      const statuses = all.map(({ status }) => status).toSorted();
      assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 404)]);
    });
  });
};
