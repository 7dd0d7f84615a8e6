import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Grant, UploadToken, Usage } from '../answers.ts';
import { type Api, json, newUser, put, putGood } from '../api.ts';
import { DIRECT_FORMS, GRANT_FORMS } from '../forms.ts';
import { HTML, picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };
const NOTHING = { bytes: 0, images: 0, pending: 0, reserved_bytes: 0, trashed_bytes: 0 };

/** What counts as usage. `cases/quotas.ts` has the limits. */
export const describeUsage = (api: Api): void => {
  if (api.countsUsage) describeCounting(api);
  else describeNoUsage(api);
};

const describeCounting = (api: Api): void => {
  const used = async (user: string): Promise<Omit<Usage, 'user_id' | 'limits'>> => {
    const { user_id, limits: _, ...sums } = await api.ask<Usage>(`/usage?user_id=${user}`);
    assert.equal(user_id, user);
    return sums;
  };
  const stored = async (user: string) => {
    const bytes = await picture();
    return { ...(await api.upload(user, bytes)), length: bytes.length };
  };

  describe('GET /usage', () => {
    it('answers {user_id, bytes, images, pending, reserved_bytes, trashed_bytes, limits: {bytes, images, pending}}, of zeros for a new user', async () => {
      const user_id = newUser();
      const { limits, ...usage } = await api.ask<Usage>(`/usage?user_id=${user_id}`);
      assert.deepEqual(usage, { user_id, ...NOTHING });
      assert.deepEqual(Object.keys(limits).toSorted(), ['bytes', 'images', 'pending']);
      for (const limit of Object.values(limits)) assert.ok(limit === null || Number.isInteger(limit));
    });

    it('needs a user, and knows no other parameter', async () => {
      await api.refused('invalid-request', '/usage', {}, 'user_id');
      await api.refused('invalid-request', `/usage?user_id=${newUser()}&limit=1`, {}, 'limit');
      await api.refused('invalid-request', '/usage?user_id=', {}, 'user_id');
    });
  });

  describe('Usage', () => {
    for (const [form, sending] of Object.entries(GRANT_FORMS)) {
      it(`${form}: a pending upload reserves max_upload_bytes`, async () => {
        const user = newUser();
        await api.ask(...sending({ user }));
        assert.deepEqual(await used(user), { ...NOTHING, pending: 1, reserved_bytes: api.limits.max_upload_bytes });
      });
    }

    it('a pending upload that announces its size reserves the size', async () => {
      const user_id = newUser();
      await api.grant({ user_id, size: 1_234 });
      await api.grant({ user_id, size: 66 });
      assert.deepEqual(await used(user_id), { ...NOTHING, pending: 2, reserved_bytes: 1_300 });
    });

    it('a pending upload by a token reserves the smallest of size, max_bytes of the token and max_upload_bytes', {
      skip: api.isOpen && 'the service is open',
    }, async () => {
      const user_id = newUser();
      const { token } = await api.ask<UploadToken>('/upload-tokens', json({ user_id, max_bytes: 5_000 }));
      const grantBy = (fields: object) =>
        api.ask<Grant>(
          '/uploads',
          json({ content_type: 'image/png', ...fields }, { Authorization: `Bearer ${token}` }),
        );
      await grantBy({});
      assert.deepEqual(await used(user_id), { ...NOTHING, pending: 1, reserved_bytes: 5_000 });
      await grantBy({ size: 300 });
      assert.deepEqual(await used(user_id), { ...NOTHING, pending: 2, reserved_bytes: 5_300 });
    });

    it('a ready image counts with its true size, and reserves nothing', async () => {
      const [user_id, bytes] = [newUser(), await picture()];
      const grant = await api.grant({ user_id });
      await putGood(grant, bytes);
      await api.ask(`/images/${grant.image_id}/complete`, POST);
      assert.deepEqual(await used(user_id), { ...NOTHING, images: 1, bytes: bytes.length });
    });

    it('a completed image counts once, however often it is completed', async () => {
      const [user_id, bytes] = [newUser(), await picture()];
      const grant = await api.grant({ user_id, size: bytes.length });
      await putGood(grant, bytes);
      await Promise.all(Array.from({ length: 4 }, () => api.ask(`/images/${grant.image_id}/complete`, POST)));
      assert.deepEqual(await used(user_id), { ...NOTHING, images: 1, bytes: bytes.length });
    });

    for (const [form, sending] of Object.entries(DIRECT_FORMS)) {
      it(`${form}: a direct upload counts with its true size`, async () => {
        const [user, bytes] = [newUser(), await picture()];
        await api.ask(...sending({ user, bytes }));
        assert.deepEqual(await used(user), { ...NOTHING, images: 1, bytes: bytes.length });
      });
    }

    it('a rejected image does not count', async () => {
      const user_id = newUser();
      const grant = await api.grant({ user_id });
      await put(grant, HTML);
      await api.send(`/images/${grant.image_id}/complete`, POST);
      assert.equal((await api.metadata(grant.image_id)).status, 'rejected');
      assert.deepEqual(await used(user_id), NOTHING);
    });

    it('a deleted image does not count: pending, ready, in a batch, and deleted again', async () => {
      const user_id = newUser();
      const { image_id: pending } = await api.grant({ user_id });
      const [one, two, kept] = [await stored(user_id), await stored(user_id), await stored(user_id)];
      await api.ask(`/images/${pending}?user_id=${user_id}`, DELETE);
      assert.equal((await used(user_id)).pending, 0);
      for (let time = 0; time < 2; time += 1)
        await api.ask('/images/delete', json({ user_id, image_ids: [one.image_id, two.image_id, pending] }));
      assert.deepEqual(await used(user_id), { ...NOTHING, images: 1, bytes: kept.length });
    });

    it('a trashed image counts, also in trashed_bytes; a restored one only as before', {
      skip: api.trashDays === 0 && 'the service has no trash',
    }, async () => {
      const user_id = newUser();
      const [trashed, kept] = [await stored(user_id), await stored(user_id)];
      const both = { ...NOTHING, images: 2, bytes: trashed.length + kept.length };
      for (let time = 0; time < 2; time += 1) await api.ask(`/images/${trashed.image_id}/trash`, POST);
      assert.deepEqual(await used(user_id), { ...both, trashed_bytes: trashed.length });
      await api.ask(`/images/${trashed.image_id}/restore`, POST);
      assert.deepEqual(await used(user_id), both);
      await api.ask(`/images/${trashed.image_id}/trash`, POST);
      await api.ask(`/images/${trashed.image_id}?user_id=${user_id}`, DELETE);
      assert.deepEqual(await used(user_id), { ...NOTHING, images: 1, bytes: kept.length });
    });

    it('renditions, links and changes of metadata do not count', async () => {
      const user_id = newUser();
      const { image_id, length } = await stored(user_id);
      await api.read(`/images/${image_id}/renditions/thumb`);
      await api.read((await api.link(image_id, { w: 10 })).url);
      await api.ask(`/images/${image_id}/links`, json({ what: 'original' }));
      await api.ask(`/images/${image_id}`, json({ description: 'longer than before' }, {}, 'PATCH'));
      assert.deepEqual(await used(user_id), { ...NOTHING, images: 1, bytes: length });
    });

    it('a replayed Idempotency-Key reserves nothing', async () => {
      const user_id = newUser();
      const keyed = (path: string, body: object) => [path, json(body, { 'Idempotency-Key': randomUUID() })] as const;
      const upload = { content_type: 'image/png', size: 100 };
      const [one, batch] = [
        keyed('/uploads', { user_id, ...upload }),
        keyed('/images/uploads', { user_id, uploads: [upload, upload] }),
      ];
      for (let time = 0; time < 3; time += 1) for (const sent of [one, batch]) await api.ask(...sent);
      assert.deepEqual(await used(user_id), { ...NOTHING, pending: 3, reserved_bytes: 300 });
    });

    it('of one user is nothing of another', async () => {
      const [user, other] = [newUser(), newUser()];
      await Promise.all([stored(user), api.grant({ user_id: user })]);
      assert.deepEqual(await used(other), NOTHING);
    });
  });
};

const describeNoUsage = (api: Api): void => {
  describe('A service without USAGE', () => {
    it('answers 404 to the routes of usage and quotas, whatever the request', async () => {
      const user = newUser();
      await api.refused('route-not-found', `/usage?user_id=${user}`);
      if (!api.asAdmin) return;
      for (const [path, init] of [
        ['/users?limit=5', {}],
        [`/quotas/${user}`, {}],
        [`/quotas/${user}`, json({ bytes: 1, images: 1, pending: 1 }, {}, 'PUT')],
        [`/quotas/${user}`, json({ no: 'limits' }, {}, 'PUT')],
        [`/quotas/${user}`, DELETE],
      ] as const)
        await api.asAdmin.refused('route-not-found', path, init);
    });
  });
};
