import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Grant, Owner, Owners, Problem, QuotaLimits } from '../answers.ts';
import { type Api, json, newUser, putGood } from '../api.ts';
import { eventually } from '../eventually.ts';
import { DIRECT_FORMS, FORMS } from '../forms.ts';
import { picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };
const UNLIMITED: QuotaLimits = { bytes: null, images: null, pending: null };
const NOTHING = { bytes: 0, images: 0, pending: 0, reserved_bytes: 0, trashed_bytes: 0 };

interface Granted {
  readonly results: readonly { readonly grant?: Grant; readonly error?: Problem }[];
}

/** Limits of users. `cases/usage.ts` has what counts. */
export const describeQuotas = (api: Api): void => {
  if (!api.countsUsage) return; // cases/usage.ts looks at its routes

  describe('Another caller than an admin', { skip: api.isOpen && 'the service is open' }, () => {
    it('neither lists users nor reads or changes limits', async () => {
      const user = newUser();
      for (const [path, init] of [
        ['/users', {}],
        [`/quotas/${user}`, {}],
        [`/quotas/${user}`, json(UNLIMITED, {}, 'PUT')],
        [`/quotas/${user}`, DELETE],
      ] as const)
        await api.refused('missing-scope', path, init);
    });
  });

  const { asAdmin } = api;
  if (!asAdmin) {
    it('limits are an admin’s', { skip: 'this run has no credential of an admin' }, () => {});
    return;
  }
  const limit = (user: string, limits: Partial<QuotaLimits>) =>
    asAdmin.ask<Owner>(`/quotas/${user}`, json({ ...UNLIMITED, ...limits }, {}, 'PUT'));
  const limitsOf = async (user: string) => (await api.ask<Owner>(`/usage?user_id=${user}`)).limits;
  const imagesOf = async (user: string) => {
    const { images, pending } = await api.ask<Owner>(`/usage?user_id=${user}`);
    return images + pending;
  };
  const limited = async (limits: Partial<QuotaLimits>): Promise<string> => {
    const user = newUser();
    await limit(user, limits);
    return user;
  };
  const item = { content_type: 'image/png', size: 100 };
  const refusedFor = async (user_id: string, fields: object = item): Promise<Problem['quota']> =>
    (await api.refused('quota-exceeded', '/uploads', json({ content_type: 'image/png', user_id, ...fields }))).quota;

  describe('PUT, GET and DELETE /quotas/{user_id}', () => {
    it('answer the usage with the limits of the user, and has_own_limits', async () => {
      const user_id = newUser();
      const configured = await limitsOf(user_id);
      const before = { user_id, ...NOTHING, limits: configured, has_own_limits: false };
      assert.deepEqual(await asAdmin.ask(`/quotas/${user_id}`), before);
      const limits = { bytes: 5_000, images: null, pending: 3 };
      const after = { user_id, ...NOTHING, limits, has_own_limits: true };
      for (let time = 0; time < 2; time += 1) assert.deepEqual(await limit(user_id, limits), after);
      assert.deepEqual(await asAdmin.ask(`/quotas/${user_id}`), after);
      assert.deepEqual(await limitsOf(user_id), limits);
      for (let time = 0; time < 2; time += 1) assert.deepEqual(await asAdmin.ask(`/quotas/${user_id}`, DELETE), before);
      assert.deepEqual(await limitsOf(user_id), configured);
    });

    it('take a user id with spaces, signs and letters of any language', async () => {
      const user = `${newUser()} @+&=ü日`;
      const path = `/quotas/${encodeURIComponent(user)}`;
      const set = await asAdmin.ask<Owner>(path, json({ ...UNLIMITED, images: 7 }, {}, 'PUT'));
      assert.deepEqual([set.user_id, set.limits.images], [user, 7]);
      assert.deepEqual(await limitsOf(encodeURIComponent(user)), { ...UNLIMITED, images: 7 });
    });

    it('refuse limits that are not whole numbers from 0 or null, missing ones, and other fields; nothing changes', async () => {
      const user = await limited({ images: 7 });
      const put = (body: unknown) => [`/quotas/${user}`, json(body, {}, 'PUT')] as const;
      for (const name of ['bytes', 'images', 'pending'])
        for (const wrong of [-1, 1.5, '1', true, 1e300, [], undefined])
          await asAdmin.refused('invalid-request', ...put({ ...UNLIMITED, [name]: wrong }), name);
      await asAdmin.refused('invalid-request', ...put({ ...UNLIMITED, more: 1 }));
      await asAdmin.refused('invalid-request', ...put([]));
      await asAdmin.refused('malformed-body', `/quotas/${user}`, { ...json({}, {}, 'PUT'), body: '{' });
      assert.deepEqual(await limitsOf(user), { ...UNLIMITED, images: 7 });
    });
  });

  describe('An upload over the quota', () => {
    it('is 403 quota-exceeded, with limit, max, used, reserved and asked: bytes', async () => {
      const [user, bytes] = [newUser(), await picture()];
      await api.upload(user, bytes);
      await limit(user, { bytes: bytes.length + 150 });
      await api.grant({ user_id: user, size: 60 });
      const quota = { limit: 'bytes', max: bytes.length + 150, used: bytes.length, reserved: 60, asked: 91 };
      assert.deepEqual(await refusedFor(user, { size: 91 }), quota);
      assert.equal((await refusedFor(user, { size: undefined }))?.asked, api.limits.max_upload_bytes);
      await api.grant({ user_id: user, size: 90 });
    });

    it('is 403 quota-exceeded, with limit, max, used, reserved and asked: images', async () => {
      const user = await limited({ images: 2 });
      await api.upload(user, await picture());
      await api.grant({ user_id: user });
      assert.deepEqual(await refusedFor(user), { limit: 'images', max: 2, used: 1, reserved: 1, asked: 1 });
    });

    it('is 403 quota-exceeded, with limit, max, used, reserved and asked: pending', async () => {
      const user = await limited({ pending: 2 });
      const { image_id } = await api.grant({ user_id: user });
      await api.grant({ user_id: user });
      assert.deepEqual(await refusedFor(user), { limit: 'pending', max: 2, used: 2, reserved: 0, asked: 1 });
      await api.ask(`/images/${image_id}?user_id=${user}`, DELETE);
      await api.grant({ user_id: user });
    });

    for (const [form, sending] of Object.entries(FORMS)) {
      it(`${form}: is refused, and leaves nothing`, async () => {
        const user = await limited({ images: 0 });
        const { quota } = await api.refused('quota-exceeded', ...sending({ user, bytes: await picture() }));
        assert.deepEqual(quota, { limit: 'images', max: 0, used: 0, reserved: 0, asked: 1 });
        for (const status of ['pending', 'ready', 'rejected'])
          assert.equal((await api.list({ user_id: user, status })).count, 0);
        assert.equal(await imagesOf(user), 0);
      });
    }

    for (const [form, sending] of Object.entries(DIRECT_FORMS)) {
      it(`${form}: asks for the bytes that it has`, async () => {
        const bytes = await picture();
        const user = await limited({ bytes: bytes.length - 1 });
        const { quota } = await api.refused('quota-exceeded', ...sending({ user, bytes }));
        assert.deepEqual(quota, { limit: 'bytes', max: bytes.length - 1, used: 0, reserved: 0, asked: bytes.length });
        await limit(user, { bytes: bytes.length });
        await api.ask(...sending({ user, bytes }));
      });
    }

    it('is refused alone in a batch', async () => {
      const user_id = await limited({ bytes: 250 });
      const uploads = [item, { ...item, size: 251 }, item, item, { ...item, size: 50 }];
      const { results } = await api.ask<Granted>('/images/uploads', json({ user_id, uploads }));
      const outcomes = results.map(({ grant, error }) => grant?.status ?? error?.code);
      assert.equal(outcomes[1], 'quota-exceeded');
      const granted = uploads.filter((_, index) => outcomes[index] === 'pending');
      const { reserved_bytes, pending } = await api.ask<Owner>(`/usage?user_id=${user_id}`);
      assert.deepEqual([pending, reserved_bytes], [granted.length, granted.reduce((sum, { size }) => sum + size, 0)]);
      assert.ok(granted.length >= 2 && granted.length < uploads.length, outcomes.join());
      for (const { error } of results) if (error) assert.equal(error.quota?.limit, 'bytes');
    });

    it('is refused exactly at the limit, also of concurrent ones', async () => {
      const user_id = await limited({ images: 3 });
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => api.send('/uploads', json({ user_id, ...item }))),
      );
      const statuses = answers.map(({ status }) => status).toSorted();
      assert.deepEqual(statuses, [...Array(3).fill(201), ...Array(9).fill(403)]);
      await Promise.all(answers.map((answer) => answer.body?.cancel()));
      assert.equal(await imagesOf(user_id), 3);
    });

    it('is not what a replay of an Idempotency-Key is', async () => {
      const user_id = await limited({ pending: 1 });
      const keyed = (key: string) => ['/uploads', json({ user_id, ...item }, { 'Idempotency-Key': key })] as const;
      const [first, other] = [keyed(randomUUID()), keyed(randomUUID())];
      const { image_id } = await api.ask<Grant>(...first);
      assert.equal((await api.ask<Grant>(...first)).image_id, image_id);
      await api.refused('quota-exceeded', ...other);
      await api.ask(`/images/${image_id}?user_id=${user_id}`, DELETE);
      assert.notEqual((await api.ask<Grant>(...other)).image_id, image_id); // the refusal did not use up its key
    });

    it('is one of that user only', async () => {
      const user = await limited({ images: 0 });
      await refusedFor(user);
      await api.grant({ user_id: newUser() });
    });

    it('fits after a larger limit, and after the limits are removed', async () => {
      const user_id = await limited({ images: 0 });
      await refusedFor(user_id);
      await limit(user_id, { images: 1 });
      await api.grant({ user_id });
      await refusedFor(user_id);
      await asAdmin.ask(`/quotas/${user_id}`, DELETE);
      await api.grant({ user_id });
    });
  });

  describe('A user over a new limit', () => {
    it('keeps its images, and completes the upload under way', async () => {
      const user = newUser();
      const { image_id } = await api.upload(user, await picture());
      const grant = await api.grant({ user_id: user });
      await limit(user, { bytes: 0, images: 0, pending: 0 });
      await putGood(grant, await picture());
      assert.equal((await api.ask<{ status: string }>(`/images/${grant.image_id}/complete`, POST)).status, 'ready');
      assert.ok((await api.read(`/images/${image_id}/original`)).length > 0);
      await refusedFor(user);
    });

    it('deletes, trashes, restores and changes them', async () => {
      const user = newUser();
      const [one, two] = [await api.upload(user, await picture()), await api.upload(user, await picture())];
      const { image_id: pending } = await api.grant({ user_id: user });
      await limit(user, { bytes: 0, images: 0, pending: 0 });
      await api.ask(`/images/${one.image_id}`, json({ description: 'd' }, {}, 'PATCH'));
      if (api.trashDays > 0) {
        await api.ask(`/images/${one.image_id}/trash`, POST);
        await api.ask(`/images/${one.image_id}/restore`, POST);
        await api.ask(`/images/${two.image_id}/trash`, POST);
      }
      for (const id of [pending, one.image_id, two.image_id]) await api.ask(`/images/${id}?user_id=${user}`, DELETE);
      assert.equal(await imagesOf(user), 0);
    });
  });

  describe('GET /users', () => {
    const page = (query: string) => asAdmin.ask<Owners>(`/users?${query}`);
    const compared = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

    it('lists users with images or limits once, by id, with the usage and limits of each, page by page', async () => {
      const [uploading, limitedOnly] = [newUser(), await limited({ images: 5 })];
      await api.grant({ user_id: uploading, size: 1_234 });
      await eventually(async () => {
        const found: Owner[] = [];
        for (let cursor: string | null = ''; cursor !== null; ) {
          const answer: Owners = await page(`limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
          assert.equal(answer.count, answer.users.length);
          assert.ok(answer.count <= 100);
          found.push(...answer.users);
          cursor = answer.next_cursor;
        }
        const ids = found.map(({ user_id }) => user_id);
        assert.deepEqual(ids, [...new Set(ids)].toSorted(compared));
        for (const user of [uploading, limitedOnly])
          assert.deepEqual(
            found.find(({ user_id }) => user_id === user),
            await asAdmin.ask(`/quotas/${user}`),
          );
      });
    });

    it('has pages of as many users as `limit` says, from 1 to 100', async () => {
      for (let n = 0; n < 3; n += 1) await limited({ images: 1 });
      await eventually(async () => {
        const first = await page('limit=2');
        assert.deepEqual([first.count, typeof first.next_cursor], [2, 'string']);
      });
      for (const wrong of ['0', '101', '-1', 'x', '1.5'])
        await asAdmin.refused('invalid-request', `/users?limit=${wrong}`, {}, 'limit');
      await asAdmin.refused('invalid-request', '/users?user_id=ada', {}, 'user_id');
      for (const wrong of ['%21', 'YQ%3D%3D', 'x'.repeat(2_000)])
        await asAdmin.refused('invalid-cursor', `/users?cursor=${wrong}`);
    });
  });
};
