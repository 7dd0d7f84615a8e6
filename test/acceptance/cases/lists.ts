import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Page } from '../answers.ts';
import { type Api, ids, newUser, put, type Query, search } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';
import { type Album, createAlbum, matching } from './album.ts';

const DAY_MS = 86_400_000;
const day = (instant: string, days = 0): string =>
  new Date(Date.parse(instant) + days * DAY_MS).toISOString().slice(0, 10);
const shifted = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

export const describeLists = (api: Api): void => {
  describe('GET /images', () => {
    let album: Album;
    before(async () => {
      album = await createAlbum(api);
    });
    const at = (index: number): string => album.images.at(index)?.created_at ?? '';
    const requireMatching = (query: Query): Promise<void> =>
      eventually(async () => {
        // Pages of combined filters may be shorter than the limit.
        const pages = await api.pages(query);
        const images = pages.flatMap((page) => page.images);
        assert.deepEqual(ids(images), ids(matching(album.images, query)), search(query));
        for (const page of pages) assert.equal(page.count, page.images.length);
      });

    it('answers {count, images, next_cursor} with the images of one user, newest first', async () => {
      await requireMatching({ user_id: album.user });
      assert.deepEqual((await api.list({ user_id: album.user })).images, album.images);
    });

    it('answers an empty list for a user without images', async () => {
      const { count, images, next_cursor } = await api.list({ user_id: newUser() });
      assert.deepEqual([count, images, next_cursor], [0, [], null]);
    });

    it('refuses an unknown parameter with 400 and suggests a similar one', async () => {
      const { errors = [] } = await api.refused('invalid-request', '/images?user=me', {}, '?user');
      assert.match(errors[0]?.detail ?? '', /did you mean `user_id`\?$/);
      const others = await api.refused('invalid-request', `/images?user_id=${album.user}&offset=1`, {}, '?offset');
      assert.doesNotMatch(others.detail, /did you mean/);
      await api.refused('invalid-request', '/images?user=me', { headers: { 'X-User-Id': album.user } });
    });

    it('lists the images of all users without user_id (open mode)', async () => {
      const other = await api.upload(newUser(), await picture(), { tags: [album.mark.slice(1)] });
      await api.listOf({ tag: album.mark.slice(1) }, [other.image_id]);
      await requireMatching({ tag: album.mark });
      await requireMatching({ tag: album.mark, content_type: 'image/gif', order: 'oldest' });
    });

    it('filters by tag, case-sensitively', async () => {
      await requireMatching({ user_id: album.user, tag: 'a' });
      await requireMatching({ user_id: album.user, tag: 'A' });
      await requireMatching({ user_id: album.user, tag: 'nobody-has-it' });
    });

    it('lists images with all of several tags by default and for tag_mode=all', async () => {
      for (const tag of [
        ['a', 'b'],
        ['a', 'b', 'c'],
        ['a', 'nobody-has-it'],
      ]) {
        await requireMatching({ user_id: album.user, tag });
        await requireMatching({ user_id: album.user, tag, tag_mode: 'all' });
        await requireMatching({ tag: [...tag, album.mark] });
      }
    });

    it('lists images with any of several tags for tag_mode=any, each once', async () => {
      for (const tag of [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'nobody-has-it']]) {
        await requireMatching({ user_id: album.user, tag, tag_mode: 'any' });
      }
    });

    it('filters by content_type; image/jpg means image/jpeg', async () => {
      for (const content_type of ['image/png', 'image/gif', 'image/webp', 'image/avif']) {
        await requireMatching({ user_id: album.user, content_type });
      }
      const user = newUser();
      const { image_id } = await api.upload(user, await picture({ type: 'image/jpeg' }));
      for (const content_type of ['image/jpeg', 'image/jpg']) {
        await api.listOf({ user_id: user, content_type }, [image_id]);
      }
    });

    it('filters created_at by start_date and end_date, both inclusive', async () => {
      const user_id = album.user;
      for (const query of [
        { start_date: at(5) },
        { start_date: shifted(at(5), 1) },
        { end_date: at(5) },
        { end_date: shifted(at(5), -1) },
        { start_date: at(8), end_date: at(3) },
        { start_date: at(4), end_date: at(4) },
      ]) {
        await requireMatching({ user_id, ...query });
        await requireMatching({ user_id, ...query, order: 'oldest' });
      }
    });

    it('accepts a start_date with a UTC offset', async () => {
      const offset = new Date(Date.parse(at(5)) + 7_200_000).toISOString().replace('Z', '+02:00');
      const { images } = await api.list({ user_id: album.user, start_date: offset });
      assert.deepEqual(ids(images), ids(matching(album.images, { start_date: at(5) })));
    });

    it('takes a start_date without an offset as UTC', async () => {
      const start_date = at(5).replace('Z', '');
      const { images } = await api.list({ user_id: album.user, start_date });
      assert.deepEqual(ids(images), ids(matching(album.images, { start_date: at(5) })));
    });

    it('includes the whole UTC day for a start_date or end_date without a time', async () => {
      const user_id = album.user;
      for (const query of [
        { end_date: day(at(0)) },
        { end_date: day(at(-1), -1) },
        { start_date: day(at(-1)) },
        { start_date: day(at(0), 1) },
        { start_date: day(at(-1)), end_date: day(at(0)) },
      ]) {
        await requireMatching({ user_id, ...query });
      }
    });

    it('sorts by order=newest or order=oldest', async () => {
      await requireMatching({ user_id: album.user, order: 'newest' });
      await requireMatching({ user_id: album.user, order: 'oldest' });
    });

    it('combines all filters for ready images', async () => {
      const dates = [{}, { start_date: at(18), end_date: at(2) }];
      for (const date of dates) {
        for (const tag_mode of ['all', 'any']) {
          for (const order of ['newest', 'oldest']) {
            for (const content_type of ['image/png', 'image/webp']) {
              const query = { tag: ['a', 'b'], tag_mode, order, content_type, ...date };
              await requireMatching({ user_id: album.user, ...query });
              await requireMatching({ user_id: album.user, ...query, status: 'ready' });
            }
          }
        }
        await requireMatching({ tag: [album.mark, 'a'], content_type: 'image/gif', order: 'oldest', ...date });
      }
    });

    it('treats an empty parameter as absent', async () => {
      const query = 'tag=&content_type=&start_date=&end_date=&cursor=&order=&status=&limit=&tag_mode=';
      const page = await api.ask<Page>(`/images?user_id=${album.user}&${query}`);
      assert.deepEqual(ids(page.images), ids(album.images));
    });

    for (const [name, values] of Object.entries({
      limit: ['0', '-1', '1.5', 'x', '1e2'],
      order: ['x', 'NEWEST'],
      tag_mode: ['x', 'ALL'],
      status: ['x', 'deleted'],
      start_date: ['2026-02-30', 'yesterday', '20260131', '1769817600'],
      end_date: ['2026-13-01', 'x', '2026-01-31T25:00:00Z'],
    })) {
      it(`refuses an invalid ${name} with 400`, async () => {
        for (const value of values) {
          const path = `/images?${search({ user_id: album.user, [name]: value })}`;
          await api.refused('invalid-request', path, {}, name);
        }
      });
    }

    for (const name of ['user_id', 'limit', 'order', 'tag_mode', 'status', 'start_date', 'end_date', 'cursor']) {
      it(`refuses a repeated ${name} with 400`, async () => {
        const path = `/images?user_id=${album.user}&${name}=1&${name}=2`;
        await api.refused('invalid-request', path, {}, name);
      });
    }

    it('refuses a start_date after the end_date with 400', async () => {
      const query = { user_id: album.user, start_date: shifted(at(3), 1), end_date: at(3) };
      await api.refused('invalid-request', `/images?${search(query)}`, {}, 'end_date');
    });

    it('refuses more than 20 tags, or a tag over 64 code points, with 400', async () => {
      const many = Array.from({ length: 20 }, (_, index) => `tag${index}`);
      for (const tag of [many, ['🌅'.repeat(64)]]) await requireMatching({ user_id: album.user, tag });
      for (const tag of [[...many, 'x'], ['🌅'.repeat(65)]]) {
        await api.refused('invalid-request', `/images?${search({ user_id: album.user, tag })}`, {}, 'tag');
      }
    });

    it('refuses a content_type that is not accepted with 400', async () => {
      await api.refused('unsupported-type', '/images?content_type=image/bmp', {}, 'content_type');
    });
  });

  describe('GET /images?status=', () => {
    /** The page of all users' images of one millisecond, once it has that image. */
    const listedAt = (status: string, created_at: string, id: string): Promise<Page> =>
      eventually(async () => {
        const page = await api.list({ status, start_date: created_at, end_date: created_at, limit: 1000 });
        assert.ok(ids(page.images).includes(id));
        return page;
      });

    const pending = async (user: string, count: number): Promise<string[]> => {
      const granted: string[] = [];
      for (let left = count; left > 0; left -= 1) granted.unshift((await api.grant({ user_id: user })).image_id);
      return granted;
    };

    it('lists the images of one user with that status', async () => {
      const user = newUser();
      const ready = await api.upload(user, await picture());
      const waiting = await pending(user, 2);
      await api.listOf({ user_id: user, status: 'pending' }, waiting);
      assert.equal((await api.list({ user_id: user, status: 'rejected' })).count, 0);
      assert.equal((await api.list({ user_id: user, status: 'expired' })).count, 0);
      await api.listOf({ user_id: user, status: 'ready' }, [ready.image_id]);
    });

    it("expired needs user_id, or one's own identity; else 400", async () => {
      await api.refused('invalid-request', '/images?status=expired', {}, 'user_id');
      const page = await api.ask<Page>('/images?status=expired', { headers: { 'X-User-Id': newUser() } });
      assert.deepEqual(page.images, []);
    });

    it('pending and rejected without user_id: of all users, with user, id, time, declared type and reason', async () => {
      const [one, other] = [newUser(), newUser()];
      const waiting = [...(await pending(one, 1)), ...(await pending(other, 1))];
      for (const id of waiting) {
        const { created_at } = await api.metadata(id);
        const { images } = await listedAt('pending', created_at, id);
        const found = images.find(({ image_id }) => image_id === id);
        assert.deepEqual(found, await api.metadata(id));
        assert.ok(images.every(({ status }) => status === 'pending'));
      }
      const refused = await api.grant({ user_id: one, content_type: 'image/png' });
      await put(refused, new TextEncoder().encode('no image'));
      await api.send(`/images/${refused.image_id}/complete`, { method: 'POST' });
      const { created_at } = await api.metadata(refused.image_id);
      const { images } = await listedAt('rejected', created_at, refused.image_id);
      const { user_id, content_type, rejection } = images.find(({ image_id }) => image_id === refused.image_id) ?? {};
      assert.deepEqual([user_id, content_type, rejection?.code], [one, 'image/png', 'unsupported-type']);
      assert.ok(images.every(({ status }) => status === 'rejected'));
    });

    it("a header's user sees its own pending images, not those of all", async () => {
      const user = newUser();
      const waiting = await pending(user, 1);
      await pending(newUser(), 1);
      await eventually(async () => {
        const page = await api.ask<Page>('/images?status=pending', { headers: { 'X-User-Id': user } });
        assert.deepEqual(ids(page.images), waiting);
      });
    });

    it('accepts only dates and order beside a status other than ready', async () => {
      const user = newUser();
      const waiting = await pending(user, 3);
      const query = { user_id: user, status: 'pending' };
      const oldest = await api.metadata(waiting.at(-1) ?? '');
      const later = { ...query, order: 'oldest', start_date: shifted(oldest.created_at, 1) };
      await api.listOf(later, waiting.slice(0, 2).toReversed());
      for (const filter of [{ tag: 'a' }, { content_type: 'image/png' }, { tag: ['a', 'b'], tag_mode: 'any' }]) {
        await api.refused('invalid-request', `/images?${search({ ...query, ...filter })}`);
      }
    });
  });
};
