import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from '../answers.ts';
import { type Api, ids, newUser, put, type Query } from '../api.ts';
import { HTML, picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const STATUSES = ['pending', 'held', 'ready', 'trashed'] as const;
const NONE = { pending: 0, held: 0, ready: 0, trashed: 0 };

/** The numbers of a user's images. */
export const describeCounts = (api: Api): void => {
  if (api.countsImages) describeCounting(api);
  else
    describe('GET /images with count_total', () => {
      it('is refused by a service that counts no images', async () => {
        await api.refused('invalid-request', `/images?user_id=${newUser()}&count_total=true`, {}, '?count_total');
        const { total } = await api.list({ user_id: newUser(), count_total: 'false' });
        assert.equal(total, undefined);
      });
    });
};

const describeCounting = (api: Api): void => {
  const counted = (query: Query) => api.list({ ...query, count_total: 'true' });
  const countsOf = async (user_id: string) => {
    const pages = STATUSES.map((status) => counted({ user_id, status, limit: 1, fields: 'image_id' }));
    return Object.fromEntries((await Promise.all(pages)).map(({ total }, n) => [STATUSES[n], total]));
  };

  describe('GET /images with count_total', () => {
    it('has the number of all images of the user on each page, and only if it is asked for', async () => {
      const user_id = newUser();
      const images = [];
      for (let n = 0; n < 3; n += 1) images.push(await api.upload(user_id, await picture()));
      await api.listOf(
        { user_id, order: 'oldest' },
        images.map(({ image_id }) => image_id),
      );
      const first = await counted({ user_id, limit: 2, order: 'oldest' });
      assert.deepEqual([first.count, first.total], [2, 3]);
      const cursor = first.next_cursor ?? '';
      const next = await counted({ user_id, order: 'oldest', cursor });
      assert.deepEqual([next.count, next.total, next.next_cursor], [1, 3, null]);
      assert.ok(!('total' in (await api.list({ user_id, order: 'oldest', cursor }))));
    });

    it('counts each status by itself, with every change', async () => {
      const user_id = newUser();
      assert.deepEqual(await countsOf(user_id), NONE);
      const grant = await api.grant({ user_id });
      const image = await api.upload(user_id, await picture());
      assert.deepEqual(await countsOf(user_id), { ...NONE, pending: 1, ready: 1 });
      await put(grant, HTML);
      await api.send(`/images/${grant.image_id}/complete`, POST);
      assert.deepEqual(await countsOf(user_id), { ...NONE, ready: 1 }, 'a rejected image');
      if (api.trashDays > 0) {
        await api.ask(`/images/${image.image_id}/trash`, POST);
        assert.deepEqual(await countsOf(user_id), { ...NONE, trashed: 1 });
        await api.ask(`/images/${image.image_id}/restore`, POST);
        assert.deepEqual(await countsOf(user_id), { ...NONE, ready: 1 });
      }
      await api.ask(`/images/${image.image_id}`, { method: 'DELETE' });
      assert.deepEqual(await countsOf(user_id), NONE);
    });

    it('is exact after twenty uploads at once, half of which are deleted', async () => {
      const user_id = newUser();
      const grants = await Promise.all(Array.from({ length: 20 }, () => api.grant({ user_id })));
      await Promise.all(
        grants.map(async ({ image_id }, n) => {
          if (n % 2 === 0) await api.ask(`/images/${image_id}`, { method: 'DELETE' });
        }),
      );
      assert.deepEqual(await countsOf(user_id), { ...NONE, pending: 10 });
    });

    it('combines with one user and one status only', async () => {
      const user = newUser();
      for (const more of [
        ...['tag=a', 'tag_mode=any', 'content_type=image/png', 'start_date=2026-01-01', 'end_date=2026-01-01'],
        ...['external_id=a', 'status=rejected', 'status=expired', 'count_total=maybe'],
        ...(api.search ? ['q=a'] : []),
      ])
        await api.refused('invalid-request', `/images?user_id=${user}&count_total=true&${more}`, {}, '?count_total');
      if (api.asUser === undefined) await api.refused('invalid-request', '/images?count_total=true', {}, '?user_id');
    });

    it('is the list of the user in X-User-Id', async () => {
      const user = newUser();
      await api.upload(newUser(), await picture());
      const { image_id } = await api.upload(user, await picture());
      await api.listOf({ user_id: user }, [image_id]);
      const page = await api.ask<Page>('/images?count_total=true', { headers: { 'X-User-Id': user } });
      assert.deepEqual([page.total, ids(page.images)], [1, [image_id]]);
    });
  });
};
