import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Grant, Image } from '../answers.ts';
import { type Api, newUser, putGood } from '../api.ts';
import { DIRECT_FORMS, FORMS, GRANT_FORMS, type Sending } from '../forms.ts';
import { HTML, picture } from '../pictures.ts';

const raw = DIRECT_FORMS['a raw body'];

const keyed = ([path, init]: Sending, key: string): Sending => {
  const headers = new Headers(init.headers);
  headers.set('Idempotency-Key', key);
  return [path, { ...init, headers }];
};

export const describeIdempotency = (api: Api): void => {
  const requireOne = (user: string, status: string, id: string) => api.listOf({ user_id: user, status }, [id]);

  describe('Idempotency-Key', () => {
    for (const [form, sending] of Object.entries(GRANT_FORMS)) {
      it(`${form}: a replay while the image is pending answers a new URL and a later expiry`, async () => {
        const [user, key] = [newUser(), randomUUID()];
        const request = keyed(sending({ user, tags: ['a'] }), key);
        const first = await api.ask<Grant>(...request);
        await delay(1_100); // signatures have whole seconds
        const replay = await api.ask<Grant>(...request);
        assert.equal(replay.image_id, first.image_id);
        assert.equal(replay.status, 'pending');
        assert.notEqual(replay.upload_url, first.upload_url);
        assert.ok(replay.expires_at > first.expires_at, `${first.expires_at}, then ${replay.expires_at}`);
        await requireOne(user, 'pending', first.image_id);
        await putGood(replay, await picture());
        assert.equal((await api.metadata(first.image_id)).status, 'ready');
      });

      it(`${form}: a replay after the upload answers the ready image without an upload URL`, async () => {
        const request = keyed(sending({ user: newUser() }), randomUUID());
        const grant = await api.ask<Grant>(...request);
        await putGood(grant, await picture());
        const image = await api.metadata(grant.image_id);
        const replay = await api.ask<Image & { upload_url?: string | null }>(...request);
        assert.deepEqual([replay.image_id, replay.status], [image.image_id, 'ready']);
        assert.equal(replay.upload_url, form === 'POST /uploads' ? null : undefined);
      });
    }

    for (const [form, sending] of Object.entries(DIRECT_FORMS)) {
      it(`${form}: a replay answers the same image and creates no second one`, async () => {
        const user = newUser();
        const request = { user, bytes: await picture(), tags: ['a'] };
        const key = randomUUID();
        const first = await api.ask<Image>(...keyed(sending(request), key));
        const replay = await api.ask<Image>(...keyed(sending(request), key));
        assert.deepEqual(replay, first);
        await requireOne(user, 'ready', first.image_id);
      });

      it(`${form}: a used key with other bytes is 409 idempotency-conflict`, async () => {
        const [user, key] = [newUser(), randomUUID()];
        const { image_id } = await api.ask<Image>(...keyed(sending({ user, bytes: await picture() }), key));
        const other = keyed(sending({ user, bytes: await picture() }), key);
        await api.refused('idempotency-conflict', ...other);
        await requireOne(user, 'ready', image_id);
      });

      it(`${form}: a 4xx response releases the key`, async () => {
        const [user, key] = [newUser(), randomUUID()];
        await api.refused('unsupported-type', ...keyed(sending({ user, bytes: HTML }), key));
        const image = await api.ask<Image>(...keyed(sending({ user, bytes: await picture() }), key));
        assert.equal(image.status, 'ready');
      });
    }

    for (const [form, sending] of Object.entries(FORMS)) {
      it(`${form}: a used key with other validated fields is 409 idempotency-conflict`, async () => {
        const [user, key, bytes] = [newUser(), randomUUID(), await picture()];
        const said = { user, bytes, filename: 'a.png', tags: ['a'], description: 'd', metadata: { a: 1 } };
        const { image_id } = await api.ask<Image>(...keyed(sending(said), key));
        for (const change of [{ filename: 'b.png' }, { tags: ['b'] }, { description: 'e' }, { metadata: { a: 2 } }]) {
          await api.refused('idempotency-conflict', ...keyed(sending({ ...said, ...change }), key));
        }
        const same = await api.ask<Image>(...keyed(sending({ ...said, tags: [' a', 'a'] }), key));
        assert.equal(same.image_id, image_id);
      });

      it(`${form}: 20 concurrent requests with one key create one image`, async () => {
        const [user, bytes] = [newUser(), await picture()];
        const request = keyed(sending({ user, bytes }), randomUUID());
        const answers = await Promise.all(Array.from({ length: 20 }, () => api.ask<Image>(...request)));
        const [first] = answers;
        for (const { image_id } of answers) assert.equal(image_id, first?.image_id);
        const { status } = first ?? { status: '' };
        await requireOne(user, status, first?.image_id ?? '');
      });
    }

    it('a used key with another size, sha256 or method of a grant is 409 idempotency-conflict', async () => {
      const user_id = newUser();
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() };
      const init = (fields: object): RequestInit => ({
        method: 'POST',
        headers,
        body: JSON.stringify({ user_id, content_type: 'image/png', ...fields }),
      });
      const { image_id } = await api.ask<Grant>('/images/upload', init({ size: 100 }));
      const form = api.lacks('post-policy') ? [] : [{ method: 'POST' }];
      for (const other of [{ size: 101 }, {}, { sha256: 'a'.repeat(64), size: 100 }, ...form]) {
        await api.refused('idempotency-conflict', '/images/upload', init(other));
      }
      assert.equal((await api.ask<Grant>('/images/upload', init({ size: 100 }))).image_id, image_id);
    });

    it('a replay of a POST grant answers a form for the same image and object key', async (test) => {
      if (api.lacks('post-policy')) return test.skip('this store accepts no forms');
      const user_id = newUser();
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() };
      const body = JSON.stringify({ user_id, content_type: 'image/png', method: 'POST' });
      const first = await api.ask<Grant>('/images/upload', { method: 'POST', headers, body });
      const replay = await api.ask<Grant>('/images/upload', { method: 'POST', headers, body });
      assert.deepEqual([replay.image_id, replay.method], [first.image_id, 'POST']);
      assert.equal(replay.fields['key'], first.fields['key']);
    });

    it('the same key of another user creates another image', async () => {
      const key = randomUUID();
      const bytes = await picture();
      const sent = [newUser(), newUser()].map((user) => api.ask<Image>(...keyed(raw({ user, bytes }), key)));
      const [one, other] = await Promise.all(sent);
      assert.notEqual(one?.image_id, other?.image_id);
    });

    it('a key may have 255 characters; a longer key is 400', async () => {
      const [user, bytes] = [newUser(), await picture()];
      const longest = randomUUID().padEnd(255, 'x');
      const { image_id } = await api.ask<Image>(...keyed(raw({ user, bytes }), longest));
      assert.equal((await api.ask<Image>(...keyed(raw({ user, bytes }), longest))).image_id, image_id);
      for (const sending of Object.values(FORMS)) {
        const request = keyed(sending({ user, bytes }), `${longest}x`);
        await api.refused('invalid-request', ...request, 'dempotency-');
      }
      await requireOne(user, 'ready', image_id);
    });

    it('without a key the same upload creates another image', async () => {
      const [user, bytes] = [newUser(), await picture()];
      const [one, other] = [await api.upload(user, bytes), await api.upload(user, bytes)];
      assert.notEqual(one.image_id, other.image_id);
    });
  });
};
