import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant, Problem } from '../answers.ts';
import { type Api, ids, json, newUser, putGood } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';

interface Granted {
  readonly count: number;
  readonly results: readonly { readonly index: number; readonly grant?: Grant; readonly error?: Problem }[];
}

interface Deleted {
  readonly count: number;
  readonly results: readonly { readonly image_id: string; readonly status?: string; readonly error?: Problem }[];
}

export const describeBatches = (api: Api): void => {
  describe('POST /images/uploads', () => {
    const grants = (body: object) => api.ask<Granted>('/images/uploads', json(body));
    const item = { content_type: 'image/png' };

    it('answers a grant for each item, and each grant accepts an upload', async () => {
      const user = newUser();
      const uploads = [
        { ...item, filename: 'a.png', tags: ['a'] },
        { ...item, content_type: 'image/jpeg' },
      ];
      const { count, results } = await grants({ user_id: user, uploads });
      assert.equal(count, 2);
      assert.deepEqual(
        results.map(({ index }) => index),
        [0, 1],
      );
      const [png, jpeg] = results.map(({ grant }) => grant);
      assert.ok(png && jpeg);
      await putGood(png, await picture());
      await putGood(jpeg, await picture({ type: 'image/jpeg' }));
      const images = [await api.metadata(png.image_id), await api.metadata(jpeg.image_id)];
      assert.deepEqual(
        images.map(({ status, user_id, filename }) => [status, user_id, filename]),
        [
          ['ready', user, 'a.png'],
          ['ready', user, 'image.jpg'],
        ],
      );
    });

    it('reports an invalid item in its own result, and grants the others', async () => {
      const user = newUser();
      const uploads = [item, { content_type: 'image/bmp' }, item, { ...item, tags: 'x' }, {}, item];
      const { results } = await grants({ user_id: user, uploads });
      assert.equal(results.length, uploads.length);
      const outcomes = results.map(({ grant, error }) => grant?.status ?? error?.code);
      const expected = ['pending', 'unsupported-type', 'pending', 'invalid-request', 'invalid-request', 'pending'];
      assert.deepEqual(outcomes, expected);
      assert.match(JSON.stringify(results[3]?.error), /tags/);
      const granted = results.flatMap(({ grant }) => (grant ? [grant.image_id] : []));
      await eventually(async () => {
        const { images } = await api.list({ user_id: user, status: 'pending' });
        assert.deepEqual(ids(images).toSorted(), granted.toSorted());
      });
    });

    it('takes the user from X-User-Id or from each item, and refuses an item without a user', async () => {
      const [one, other] = [newUser(), newUser()];
      const init = json({ uploads: [item] }, { 'X-User-Id': one });
      const byHeader = await api.ask<Granted>('/images/uploads', init);
      const byEach = await grants({ uploads: [{ ...item, user_id: one }, { ...item, user_id: other }, item] });
      const owners = [...byHeader.results, ...byEach.results].map(async ({ grant, error }) =>
        grant ? (await api.metadata(grant.image_id)).user_id : error?.code,
      );
      assert.deepEqual(await Promise.all(owners), [one, one, other, 'invalid-request']);
    });

    it('a replay answers each upload in the form of POST /uploads, without a URL if it is no longer pending', async () => {
      const [user_id, uploads] = [newUser(), [item, { ...item, method: 'POST' }]];
      const sent = json({ user_id, uploads }, { 'Idempotency-Key': crypto.randomUUID() });
      const grantsOf = async () => (await api.ask<Granted>('/images/uploads', sent)).results.map(({ grant }) => grant);
      const [put, form] = await grantsOf();
      assert.ok(put && form);
      await putGood(put, await picture());
      const { image_id, max_size } = put;
      assert.equal((await api.metadata(image_id)).status, 'ready');
      const [used, pending] = await grantsOf();
      const none = { upload_url: null, headers: {}, expires_at: null };
      assert.deepEqual(used, { image_id, method: 'PUT', max_size, status: 'ready', ...none });
      assert.deepEqual([pending?.image_id, pending?.method, pending?.status], [form.image_id, 'POST', 'pending']);
      assert.ok(pending?.upload_url);
    });

    it('accepts 1 to 100 items; any other number is 400', async () => {
      const user = newUser();
      const { count, results } = await grants({ user_id: user, uploads: Array.from({ length: 100 }, () => item) });
      assert.equal(count, 100);
      assert.equal(new Set(results.map(({ grant }) => grant?.image_id)).size, 100);
      assert.equal((await grants({ user_id: user, uploads: [item] })).count, 1);
      for (const uploads of [[], Array.from({ length: 101 }, () => item), 'x', undefined]) {
        await api.refused('invalid-request', '/images/uploads', json({ user_id: user, uploads }), 'uploads');
      }
      await api.refused('malformed-body', '/images/uploads', { ...json({}), body: '{' });
    });
  });

  describe('POST /images/delete', () => {
    const remove = (body: object) => api.ask<Deleted>('/images/delete', json(body));
    const absent = (): string => crypto.randomUUID();

    it('deletes images of the user, and reports each other id in its own result', async () => {
      const [user, other] = [newUser(), newUser()];
      const mine = [await api.upload(user, await picture()), await api.upload(user, await picture())];
      const foreign = await api.upload(other, await picture());
      const pending = await api.grant({ user_id: user });
      const [first = '', last = ''] = ids(mine);
      const nobody = absent();
      const image_ids = [first, nobody, foreign.image_id, 'no-id', pending.image_id, last];
      const { count, results } = await remove({ user_id: user, image_ids });
      assert.equal(count, 3);
      assert.deepEqual(
        results.map(({ image_id, status, error }) => [image_id, status ?? error?.code]),
        [
          [first, 'deleted'],
          [nobody, 'image-not-found'],
          [foreign.image_id, api.notOwner],
          ['no-id', 'image-not-found'],
          [pending.image_id, 'deleted'],
          [last, 'deleted'],
        ],
      );
      for (const id of [first, last, pending.image_id]) await api.refused('image-not-found', `/images/${id}/metadata`);
      assert.equal((await api.metadata(foreign.image_id)).status, 'ready');
    });

    it('accepts up to 1,000 ids; an empty list or 1,001 ids are 400', async () => {
      const user_id = newUser();
      const many = Array.from({ length: 1_000 }, absent);
      const { count, results } = await remove({ user_id, image_ids: many });
      assert.deepEqual([count, results.length], [0, 1_000]);
      for (const image_ids of [[], [...many, absent()], 'x', [7], undefined]) {
        await api.refused('invalid-request', '/images/delete', json({ user_id, image_ids }), 'image_ids');
      }
    });
  });
};
