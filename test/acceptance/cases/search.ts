import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image } from '../answers.ts';
import { type Api, ids, json, newUser, search } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';

export const describeSearch = (api: Api): void => {
  describe('GET /images?q=', () => {
    /** Without search every valid q is this problem; with it, the images found, the newest first. */
    const requireFound = async (user: string, q: string, expected: readonly string[], fields: object = {}) => {
      const query = { user_id: user, q, ...fields };
      if (!api.search) await api.refused('search-unsupported', `/images?${search(query)}`);
      else await api.listOf(query, expected);
    };
    const described = async (user: string, filename: string, description?: string): Promise<Image> => {
      const image = await api.upload(user, await picture(), { filename });
      if (description === undefined) return image;
      return api.ask<Image>(`/images/${image.image_id}`, json({ description }, { 'X-User-Id': user }, 'PATCH'));
    };

    it('`search` in GET / says whether there is a search; without it q is search-unsupported', async () => {
      const { search: has } = await api.ask<{ search: unknown }>('/');
      assert.equal(typeof has, 'boolean');
      await requireFound(newUser(), 'anything', []);
    });

    it('finds words of filename and description: all words, by their beginnings, in any case', async () => {
      const user = newUser();
      const { image_id: one } = await described(user, 'IMG_0001.png', 'Sunset at the Beach');
      const { image_id: two } = await described(user, 'sunset-hill.png');
      await described(newUser(), 'sunset-beach.png');
      await requireFound(user, 'sunset', [two, one]);
      await requireFound(user, 'SUN bea', [one]);
      await requireFound(user, 'img 0001 the', [one]);
      await requireFound(user, 'sunset hills', []);
      await requireFound(user, 'unset', []);
    });

    it('finds nothing if each word is in another image, or inside a word', async () => {
      const user = newUser();
      const { image_id: boat } = await described(user, 'red-boat.png');
      const { image_id: oat } = await described(user, 'blue-oat.png');
      await requireFound(user, 'red boat', [boat]);
      await requireFound(user, 'oat', [oat]);
      for (const q of ['red oat', 'blue boat', 'oat red']) await requireFound(user, q, []);
    });

    it('finds the first 100 distinct words of the filename and then the description', async () => {
      const user = newUser();
      const words = Array.from({ length: 130 }, (_, n) => `w${String(n).padStart(3, '0')}`);
      const { image_id } = await described(user, 'sea.png', `${words.join(' ')} ${words.join(' ')}`);
      await requireFound(user, 'sea png w000 w097', [image_id]);
      for (const q of ['w098', 'sea w129']) await requireFound(user, q, []);
    });

    it('takes accents, quotes and operators as text', async () => {
      const user = newUser();
      const { image_id } = await described(user, 'cafés.png', 'near "terms": a OR b*');
      for (const q of ['cafe', 'CAFÉ', 'cafes', 'CAFÉS', '"near"', '"near cafe', 'or', 'terms:a', 'b*', "a' --"]) {
        await requireFound(user, q, [image_id]);
      }
      for (const q of ['cafe NOT near', 'cafe OR nothing']) await requireFound(user, q, []);
    });

    it('finds ready images only, as they are now', async () => {
      const user = newUser();
      await api.grant({ user_id: user, filename: 'boat.png' });
      const { image_id } = await described(user, 'boat.png', 'in the morning');
      await requireFound(user, 'boat', [image_id]);
      const change = (body: object) => api.ask(`/images/${image_id}`, json(body, { 'X-User-Id': user }, 'PATCH'));
      await change({ description: 'in the evening' });
      await requireFound(user, 'boat morning', []);
      await requireFound(user, 'boat evening', [image_id]);
      await change({ filename: 'ship.png', description: null });
      await requireFound(user, 'evening', []);
      await requireFound(user, 'ship', [image_id]);
      await api.ask(`/images/${image_id}?user_id=${user}`, { method: 'DELETE' });
      await requireFound(user, 'ship', []);
    });

    const NO_TRASH = api.trashDays === 0 && 'the service has no trash';
    it('finds no image in the trash, and a restored one again', { skip: NO_TRASH }, async () => {
      const user = newUser();
      const { image_id: kept } = await described(user, 'boat.png', 'in the morning');
      const { image_id } = await described(user, 'ship.png', 'in the morning');
      await requireFound(user, 'morning', [image_id, kept]);
      await api.ask(`/images/${image_id}/trash`, { method: 'POST' });
      await requireFound(user, 'morning', [kept]);
      await requireFound(user, 'ship', []);
      await api.ask(`/images/${image_id}/restore`, { method: 'POST' });
      await requireFound(user, 'morning', [image_id, kept]);
      await requireFound(user, 'ship', [image_id]);
    });

    it('combines with dates and order, and pages with cursors in order of creation', async () => {
      const user = newUser();
      const images: Image[] = [];
      for (let n = 0; n < 5; n += 1) images.unshift(await described(user, n === 2 ? 'other.png' : `sea-${n}.png`));
      const found = images.filter(({ filename }) => filename !== 'other.png');
      await requireFound(user, 'sea', ids(found));
      await requireFound(user, 'sea', ids(found).toReversed(), { order: 'oldest' });
      const start_date = found[1]?.created_at ?? '';
      await requireFound(user, 'sea', ids(found).slice(0, 2), { start_date });
      await requireFound(user, 'sea', ids(found).slice(1), { end_date: start_date });
      if (!api.search) return;
      await eventually(async () => {
        const pages = await api.pages({ user_id: user, q: 'sea', limit: 1 });
        assert.deepEqual(
          pages.flatMap((page) => ids(page.images)),
          ids(found),
        );
      });
      const { next_cursor } = await api.list({ user_id: user, q: 'sea', limit: 1 });
      const other = search({ user_id: user, q: 'oth', limit: 1, cursor: next_cursor ?? '' });
      await api.refused('invalid-cursor', `/images?${other}`);
    });

    it("is of one user: the header's, if there is no user_id; else 400", async () => {
      await api.refused('invalid-request', '/images?q=sea', {}, 'user_id');
      if (!api.search) return;
      const user = newUser();
      const { image_id } = await described(user, 'sea.png');
      await eventually(async () => {
        const page = await api.ask<{ images: Image[] }>('/images?q=sea', { headers: { 'X-User-Id': user } });
        assert.deepEqual(ids(page.images), [image_id]);
      });
    });

    it('combines with tags, type and visibility', async () => {
      const user = newUser();
      const [red, both] = [await described(user, 'sea-1.png'), await described(user, 'sea-2.png')];
      await described(user, 'other.png');
      const change = (id: string, fields: object) =>
        api.ask(`/images/${id}`, json(fields, { 'X-User-Id': user }, 'PATCH'));
      await change(red.image_id, { tags: ['red'] });
      await change(both.image_id, { tags: ['red', 'blue'], visibility: 'public' });
      for (const [fields, expected] of [
        [{ tag: ['red', 'blue'] }, [both]],
        [{ tag: ['red', 'blue'], tag_mode: 'any' }, [both, red]],
        [{ tag: 'blue', content_type: 'image/png' }, [both]],
        [{ content_type: 'image/jpeg' }, []],
        [{ visibility: 'private' }, [red]],
        [{ visibility: 'public', tag: 'red' }, [both]],
      ] as const)
        await requireFound(user, 'sea', ids(expected), fields);
    });

    it('with another status is 400, and the detail names it', async () => {
      for (const status of ['pending', 'rejected', 'expired', 'trashed']) {
        const path = `/images?${search({ user_id: newUser(), q: 'sea', status })}`;
        const { detail } = await api.refused('invalid-request', path, {}, '?status');
        assert.ok(detail.endsWith(`expected q with status ready only; got ${status}`), detail);
      }
    });

    it('finds which bytes a user has already, or is search-unsupported', async () => {
      const user = newUser();
      const { image_id, sha256 } = await described(user, 'sea.png');
      const ask = (fields: object) => json({ user_id: user, sha256: [sha256, '0'.repeat(64), sha256], ...fields });
      if (!api.search) {
        await api.refused('search-unsupported', '/images/known', ask({}));
        return;
      }
      const known = { count: 1, images: [{ sha256, image_id, status: 'ready' }] };
      await eventually(async () => assert.deepEqual(await api.ask('/images/known', ask({})), known));
      const base64 = Buffer.from(sha256 ?? '', 'hex').toString('base64');
      assert.deepEqual(await api.ask('/images/known', ask({ sha256: [base64] })), known);
      assert.deepEqual(await api.ask('/images/known', ask({ user_id: newUser() })), { count: 0, images: [] });
      await api.ask(`/images/${image_id}/trash`, { method: 'POST' });
      const { images } = await api.ask<{ images: { status: string }[] }>('/images/known', ask({}));
      assert.deepEqual(
        images.map(({ status }) => status),
        ['trashed'],
      );
      for (const digests of [[], ['abc'], Array(1_001).fill(sha256), sha256])
        await api.refused('invalid-request', '/images/known', ask({ sha256: digests }), 'sha256');
    });

    it('a list by visibility is search-unsupported without it, and so are the tags in use', async () => {
      const user = newUser();
      const { image_id } = await described(user, 'sea.png');
      await api.ask(`/images/${image_id}`, json({ tags: ['sea', 'red'] }, { 'X-User-Id': user }, 'PATCH'));
      const list = `/images?${search({ user_id: user, visibility: 'private' })}`;
      const tags = `/tags?${search({ user_id: user, prefix: 's' })}`;
      if (!api.search) {
        for (const path of [list, tags]) await api.refused('search-unsupported', path);
        return;
      }
      await eventually(async () => {
        assert.deepEqual(ids((await api.ask<{ images: Image[] }>(list)).images), [image_id]);
        assert.deepEqual(await api.ask(tags), { count: 1, tags: [{ tag: 'sea', images: 1, more: false }] });
      });
    });

    it('has 1 to 100 code points with a letter or digit; else 400', async () => {
      const user = newUser();
      for (const q of ['x', '🌅a'.repeat(50), 'x'.repeat(100)]) await requireFound(user, q, []);
      for (const q of ['x'.repeat(101), '🌅'.repeat(101), '!?', '🌅', '"*']) {
        await api.refused('invalid-request', `/images?${search({ user_id: user, q })}`, {}, 'q');
      }
      await api.refused('invalid-request', `/images?${search({ user_id: user, q: ['a', 'b'] })}`, {}, 'q');
      for (const empty of [`user_id=${user}&q=`, 'q=', `user_id=${user}&q=&q=`, `user_id=${user}&q`])
        await api.refused('invalid-request', `/images?${empty}`, {}, '?q');
    });
  });
};
