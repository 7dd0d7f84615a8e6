import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image, Problem } from '../answers.ts';
import { type Api, json, newUser, putGood } from '../api.ts';
import { FORMS } from '../forms.ts';
import { HTML, picture } from '../pictures.ts';

const RIVALS = 50;
const LONGEST = '€'.repeat(66);
const BAD = ['', `${LONGEST}€`, 'a\nb', ' a', 'a ', 'a\ufffd'];

/** Ids that clients give to their images. */
export const describeExternalIds = (api: Api): void => {
  const upload = async (user: string, externalId?: string): Promise<Image> => {
    const image = await api.upload(user, await picture());
    return externalId === undefined ? image : change(image, externalId);
  };
  const change = ({ image_id }: Pick<Image, 'image_id'>, external_id: string | null): Promise<Image> =>
    api.ask(`/images/${image_id}`, json({ external_id }, {}, 'PATCH'));
  const find = async (user_id: string, external_id: string, more = {}): Promise<string | undefined> => {
    const { count, images, next_cursor } = await api.list({ user_id, external_id, ...more });
    assert.deepEqual([count, next_cursor], [images.length, null]);
    return images[0]?.image_id;
  };
  const refused = async (user_id: string, external_id: string, holder: Pick<Image, 'image_id'>, status: string) => {
    const grant = json({ user_id, content_type: 'image/png', external_id });
    const { params, detail } = await api.refused('external-id-taken', '/uploads', grant, 'external_id');
    assert.deepEqual(params, { image_id: holder.image_id, status });
    assert.ok(detail.includes(holder.image_id), detail);
  };

  describe('An external id', () => {
    it('is given in every form of an upload, and finds the image at once', async () => {
      for (const [form, sending] of Object.entries(FORMS)) {
        const user = newUser();
        const [path, init] = sending({ user, bytes: await picture(), externalId: 'order 1042/front & back' });
        const { image_id } = await api.ask<{ image_id: string }>(path, init);
        assert.equal(await find(user, 'order 1042/front & back'), image_id, form);
        assert.equal((await api.metadata(image_id)).external_id, 'order 1042/front & back', form);
        await api.refused('external-id-taken', path, init, 'external_id');
      }
    });

    it('is unique among the images of one user, and compared exactly', async () => {
      const [ada, bob] = [newUser(), newUser()];
      const ids = ['a', 'A', 'e\u0301', '\u00e9', 'a#b', 'a%23b', LONGEST];
      for (const id of ids) {
        const { image_id } = await api.grant({ user_id: ada, external_id: id });
        await api.grant({ user_id: bob, external_id: id });
        assert.equal(await find(ada, id), image_id, id);
        await refused(ada, id, { image_id }, 'pending');
      }
    });

    it(`is given to one of ${RIVALS} grants at once, and the others are told which`, async () => {
      const user = newUser();
      const body = json({ user_id: user, content_type: 'image/png', external_id: 'one' });
      const answers = await Promise.all(Array.from({ length: RIVALS }, () => api.send('/uploads', body)));
      const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as (Partial<Problem> &
        Pick<Image, 'image_id'>)[];
      const won = bodies.filter((_, n) => answers[n]?.status === 201);
      assert.equal(won.length, 1);
      const others = bodies.filter((one) => one !== won[0]);
      for (const { code, params } of others)
        assert.deepEqual([code, params?.image_id], ['external-id-taken', won[0]?.image_id]);
      assert.equal(await find(user, 'one'), won[0]?.image_id);
    });

    it('is set, changed and removed by PATCH, and the former one is free', async () => {
      const user = newUser();
      const [one, other] = [await upload(user, 'a'), await upload(user)];
      assert.equal(other.external_id, null);
      const patch = json({ external_id: 'a' }, {}, 'PATCH');
      const { params } = await api.refused('external-id-taken', `/images/${other.image_id}`, patch, 'external_id');
      assert.deepEqual(params, { image_id: one.image_id, status: 'ready' });
      assert.equal((await api.metadata(other.image_id)).revision, other.revision);
      await change(one, 'b');
      assert.equal((await change(other, 'a')).external_id, 'a');
      assert.equal((await change(one, null)).external_id, null);
      assert.deepEqual([await find(user, 'a'), await find(user, 'b')], [other.image_id, undefined]);
    });

    it('is free once its image is deleted or rejected', async () => {
      const user = newUser();
      const image = await upload(user, 'a');
      await api.send(`/images/${image.image_id}`, { method: 'DELETE' });
      assert.equal(await find(user, 'a'), undefined);
      const grant = await api.grant({ user_id: user, external_id: 'a' });
      const { upload_url, method, headers } = grant;
      await api.send(upload_url, { method, headers, body: HTML });
      await api.send(`/images/${grant.image_id}/complete`, { method: 'POST' });
      const rejected = await api.metadata(grant.image_id);
      assert.deepEqual([rejected.status, rejected.external_id], ['rejected', null]);
      const again = await api.grant({ user_id: user, external_id: 'a' });
      await putGood(again, await picture());
      assert.equal(await find(user, 'a'), again.image_id);
    });

    it('stays with an image in the trash', async () => {
      if (api.trashDays === 0) return;
      const user = newUser();
      const image = await upload(user, 'a');
      await api.ask(`/images/${image.image_id}/trash`, { method: 'POST' });
      await refused(user, 'a', image, 'trashed');
      assert.equal(await find(user, 'a'), undefined);
      assert.equal(await find(user, 'a', { status: 'trashed' }), image.image_id);
      await api.ask(`/images/${image.image_id}/restore`, { method: 'POST' });
      assert.equal(await find(user, 'a'), image.image_id);
    });

    it('is judged after the Idempotency-Key, of which it is a part', async () => {
      const user_id = newUser();
      const grant = (external_id: string) =>
        json({ user_id, content_type: 'image/png', external_id }, { 'Idempotency-Key': 'one' });
      const first = await api.ask<Image>('/uploads', grant('a'));
      assert.equal((await api.ask<Image>('/uploads', grant('a'))).image_id, first.image_id);
      await api.refused('idempotency-conflict', '/uploads', grant('b'));
    });

    it('has 1 to 200 bytes of one line, without white space at its ends', async () => {
      const user_id = newUser();
      const { image_id } = await api.grant({ user_id });
      for (const external_id of [...BAD, 7]) {
        const grant = json({ user_id, content_type: 'image/png', external_id });
        await api.refused('invalid-request', '/uploads', grant, 'external_id');
        await api.refused('invalid-request', `/images/${image_id}`, json({ external_id }, {}, 'PATCH'), 'external_id');
        const query = new URLSearchParams({ user_id, external_id: String(external_id) });
        if (external_id !== 7) await api.refused('invalid-request', `/images?${query}`, {}, 'external_id');
      }
    });

    it('is looked up for a user, and with status, fields and limit only', async () => {
      const user_id = newUser();
      const { image_id } = await api.grant({ user_id, external_id: 'a' });
      assert.equal(await find(user_id, 'a', { status: 'pending', fields: 'external_id', limit: 1 }), image_id);
      assert.equal(await find(user_id, 'a', { status: 'held' }), undefined);
      for (const more of ['tag=a', 'order=oldest', 'q=a', 'content_type=image/png', 'start_date=2026-01-01'])
        await api.refused('invalid-request', `/images?user_id=${user_id}&external_id=a&${more}`, {}, 'external_id');
      await api.refused('invalid-request', `/images?user_id=${user_id}&external_id=a&status=expired`, {}, 'status');
      if (api.isOpen) await api.refused('invalid-request', '/images?external_id=a', {}, 'user_id');
    });
  });
};
