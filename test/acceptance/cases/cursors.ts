import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Grant, Image, Page } from '../answers.ts';
import { type Api, ids, json, newUser, type Query, search } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';
import { type Album, createAlbum, matching } from './album.ts';

const MEGABYTE = 1_048_576;

/** The URL in a Link header's rel="next". */
const nextLink = (response: Response): string | undefined =>
  /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];

/** Replaces one character with A, or with B if it is A. */
const withCharacter = (cursor: string, index: number): string => {
  const other = cursor[index] === 'A' ? 'B' : 'A';
  return `${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`;
};

export const describeCursors = (api: Api): void => {
  describe('Pagination', () => {
    let album: Album;
    before(async () => {
      album = await createAlbum(api);
      await eventually(async () => {
        for (const query of [{ user_id: album.user }, { tag: album.mark }]) {
          assert.equal((await api.list(query)).count, album.images.length);
        }
      });
    });

    it('fills every page but the last, and lists each image once', async () => {
      for (const filter of [{}, { order: 'oldest' }, { content_type: 'image/png' }, { tag: 'a' }]) {
        for (const limit of [1, 5, 8, 23, 24]) {
          const query: Query = { user_id: album.user, ...filter };
          const expected = ids(matching(album.images, query));
          const pages = await api.pages({ ...query, limit });
          assert.deepEqual(ids(pages.flatMap(({ images }) => images)), expected, search(query));
          for (const { count, images } of pages) assert.equal(count, images.length);
          for (const { count } of pages.slice(0, -1)) assert.equal(count, limit);
        }
      }
    });

    it('lists each image once if filters are combined, with pages that may be shorter than the limit', async () => {
      for (const filter of [
        { tag: ['a', 'b'] },
        { tag: ['a', 'b', 'c'], order: 'oldest' },
        { tag: ['a', 'c'], tag_mode: 'any' },
        { tag: ['a', 'b'], tag_mode: 'any', content_type: 'image/gif', order: 'oldest' },
        { tag: 'b', content_type: 'image/webp' },
      ]) {
        for (const scope of [{ user_id: album.user }, { tag: [album.mark, filter.tag].flat() }]) {
          if (!('user_id' in scope) && 'tag_mode' in filter) continue; // with tag_mode=any the mark alone would match
          const query: Query = { ...filter, ...scope };
          const pages = await api.pages({ ...query, limit: 2 });
          assert.deepEqual(
            ids(pages.flatMap(({ images }) => images)),
            ids(matching(album.images, query)),
            search(query),
          );
        }
      }
    });

    it('answers next_cursor: null on the last page only', async () => {
      const query = { user_id: album.user, limit: album.images.length };
      assert.equal((await api.list(query)).next_cursor, null);
      const { next_cursor, count } = await api.list({ ...query, limit: album.images.length - 1 });
      assert.equal(typeof next_cursor, 'string');
      assert.equal(count, album.images.length - 1);
      const last = await api.list({ ...query, limit: album.images.length - 1, cursor: next_cursor ?? '' });
      assert.deepEqual(ids(last.images), ids(album.images.slice(-1)));
      assert.equal(last.next_cursor, null);
    });

    it('sends Link: <...>; rel="next" with the URL of the next page, and no Link on the last page', async () => {
      const query = { user_id: album.user, tag: ['a', 'b'], tag_mode: 'any', order: 'oldest', limit: 7 };
      const seen: string[] = [];
      let path: string | undefined = `/images?${search(query)}`;
      while (path !== undefined) {
        const response = await api.send(path);
        assert.equal(response.status, 200, path);
        const page = (await response.json()) as Page;
        seen.push(...ids(page.images));
        path = nextLink(response);
        assert.equal(path === undefined, page.next_cursor === null);
        if (path !== undefined) assert.equal(new URL(path).searchParams.get('cursor'), page.next_cursor);
      }
      assert.deepEqual(seen, ids(matching(album.images, query)));
    });

    it('accepts a different limit on each page', async () => {
      const { next_cursor } = await api.list({ user_id: album.user, limit: 3 });
      const { images } = await api.list({ user_id: album.user, limit: 10, cursor: next_cursor ?? '' });
      assert.deepEqual(ids(images), ids(album.images.slice(3, 13)));
    });

    it('refuses a changed, truncated or invented cursor with 400 invalid-cursor', async () => {
      const query = { user_id: album.user, limit: 2 };
      const { next_cursor } = await api.list(query);
      const cursor = next_cursor ?? '';
      const changed = [...cursor].map((_, index) => withCharacter(cursor, index));
      const cut = [cursor.slice(0, -1), cursor.slice(1), cursor.slice(0, 8), `${cursor}A`, `${cursor}=`];
      const made = ['x', '0', '%', album.images[3]?.image_id ?? '', 'A'.repeat(cursor.length), 'A'.repeat(5_000)];
      for (const bad of [...changed, ...cut, ...made]) {
        await api.refused('invalid-cursor', `/images?${search({ ...query, cursor: bad })}`);
      }
    });

    it('refuses a cursor of other filters with 400 invalid-cursor', async () => {
      const query: Query = { user_id: album.user, tag: ['a', 'b'], tag_mode: 'any', limit: 2 };
      const { next_cursor } = await api.list(query);
      assert.equal((await api.list({ ...query, cursor: next_cursor ?? '' })).count, 2);
      for (const other of [
        { user_id: newUser() },
        { tag: 'a' },
        { tag: ['a', 'c'] },
        { tag_mode: 'all' },
        { content_type: 'image/png' },
        { order: 'oldest' },
        { start_date: '2020-01-01' },
        { end_date: '2120-01-01' },
      ]) {
        const path = `/images?${search({ ...query, ...other, cursor: next_cursor ?? '' })}`;
        await api.refused('invalid-cursor', path);
      }
      const plain = await api.list({ user_id: album.user, limit: 2 });
      const elsewhere = { user_id: album.user, status: 'pending', limit: 2, cursor: plain.next_cursor ?? '' };
      await api.refused('invalid-cursor', `/images?${search(elsewhere)}`);
      await api.refused('invalid-cursor', `/images?${search({ limit: 2, cursor: plain.next_cursor ?? '' })}`);
    });

    for (const order of ['newest', 'oldest']) {
      it(`repeats and skips no image while others are inserted, deleted or changed, ${order} first`, async () => {
        const user = newUser();
        const first: Image[] = [];
        for (let left = 12; left > 0; left -= 1)
          first.push(await api.upload(user, await picture(), { tags: ['kept'] }));
        const query = { user_id: user, tag: 'kept', order, limit: 2 };
        await eventually(async () => assert.equal((await api.list({ ...query, limit: 100 })).count, first.length));

        const gone: string[] = [];
        const seen: string[] = [];
        let cursor: string | null = '';
        for (let page = 0; cursor !== null; page += 1) {
          const { images, next_cursor }: Page = await api.list({ ...query, cursor });
          seen.push(...ids(images));
          cursor = next_cursor;
          await api.upload(user, await picture(), { tags: ['kept'] });
          if (page > 3) continue;
          const [victim = '', untagged = ''] = [first[page * 3]?.image_id, first[page * 3 + 1]?.image_id];
          await api.ask(`/images/${victim}`, { method: 'DELETE' });
          await api.ask(`/images/${untagged}`, json({ tags: [] }, {}, 'PATCH'));
          gone.push(victim, untagged);
          assert.ok(page < 50, 'expected an end of the list');
        }
        assert.equal(new Set(seen).size, seen.length, 'expected no image twice');
        const skipped = ids(first).filter((id) => !gone.includes(id) && !seen.includes(id));
        assert.deepEqual(skipped, []);
      });
    }

    it('limits a page to 100 images by default, 1,000 at most, and 4 MB of JSON', async () => {
      const user_id = newUser();
      // About 19 KB each in JSON.
      const large = {
        user_id,
        content_type: 'image/png',
        filename: '🌅'.repeat(255),
        description: '🌅'.repeat(2_000),
        metadata: { a: 'x'.repeat(4_000) },
        tags: Array.from({ length: 20 }, (_, index) => `${'🌅'.repeat(60)}${index}`),
      };
      const granted: string[] = [];
      for (let batch = 0; batch < 5; batch++) {
        const init = json({ uploads: Array.from({ length: 50 }, () => large) });
        const { results } = await api.ask<{ results: { grant: Grant }[] }>('/images/uploads', init);
        granted.push(...results.map(({ grant }) => grant.image_id));
      }
      const query = { user_id, status: 'pending' };
      const expected = granted.toSorted().toReversed();
      const pages = await eventually(async () => {
        const all = await api.pages({ ...query, limit: 1_000 });
        assert.deepEqual(ids(all.flatMap(({ images }) => images)), expected);
        return all;
      });

      const byDefault = await api.list(query);
      assert.equal(byDefault.count, 100);
      assert.deepEqual(ids(byDefault.images), expected.slice(0, 100));
      assert.ok(byDefault.next_cursor);

      assert.ok(pages.length > 1, 'expected more than one page');
      for (const page of pages) {
        const bytes = Buffer.byteLength(JSON.stringify(page));
        assert.ok(bytes <= 4 * MEGABYTE + 65_536, `a page of ${bytes} bytes`);
      }
      const first = Buffer.byteLength(JSON.stringify(pages[0]));
      assert.ok(first > 3.5 * MEGABYTE, `the first page ends at ${first} bytes`);

      assert.equal((await api.list({ ...query, limit: 1 })).count, 1);
      for (const limit of [0, 1_001]) {
        await api.refused('invalid-request', `/images?${search({ ...query, limit })}`, {}, 'limit');
      }
    });
  });
};
