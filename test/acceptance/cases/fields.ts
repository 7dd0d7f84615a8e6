import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Grant, Image, Page, Trashed } from '../answers.ts';
import { type Api, ids, json, newUser, type Query, search } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';
import { type Album, createAlbum, matching } from './album.ts';

const ALWAYS = [
  'image_id',
  'user_id',
  'filename',
  'content_type',
  'size',
  'width',
  'height',
  'sha256',
  'status',
  'tags',
  'description',
  'metadata',
  'external_id',
  'focal_point',
  's3_key',
  's3_url',
  'created_at',
  'upload_time',
  'updated_at',
  'revision',
  'placeholder',
  'dominant_color',
  'renditions',
] as const satisfies readonly (keyof Image)[];

/** Those that only some images have. */
const SOMETIMES = ['rendition_failures', 'rejection', 'purge_at'] as const;

/** The image with `image_id` and these fields only. */
const only = (image: Image, ...fields: readonly string[]): object =>
  Object.fromEntries(Object.entries(image).filter(([name]) => name === 'image_id' || fields.includes(name)));

export const describeFields = (api: Api): void => {
  describe('GET /images?fields=', () => {
    let album: Album;
    before(async () => {
      album = await createAlbum(api);
      await eventually(async () => {
        for (const query of [{ user_id: album.user }, { tag: album.mark }])
          assert.equal((await api.list(query)).count, album.images.length);
      });
    });
    const requireOnly = (query: Query, ...fields: readonly string[]): Promise<void> =>
      eventually(async () => {
        const pages = await api.pages({ ...query, fields: fields.join(',') });
        const expected = matching(album.images, query).map((image) => only(image, ...fields));
        const images = pages.flatMap((page) => page.images);
        assert.deepEqual(images, expected, search(query));
        for (const page of pages) assert.equal(page.count, page.images.length);
      });

    it('only these fields of each image, by name; image_id always', async () => {
      const query = { user_id: album.user };
      for (const field of ALWAYS) await requireOnly(query, field);
      await requireOnly(query, 'width', 'filename', 'tags');
      await requireOnly(query, ...ALWAYS);
      for (const field of SOMETIMES) await requireOnly(query, field);
    });

    it('an image without such a field has no such field: rejection', async () => {
      const user_id = newUser();
      const { image_id } = await api.grant({ user_id });
      const page = await eventually(async () => {
        const found = await api.list({ user_id, status: 'pending', fields: 'rejection,status,size' });
        assert.equal(found.count, 1);
        return found;
      });
      assert.deepEqual(page.images, [{ image_id, size: null, status: 'pending' }]);
    });

    const NO_TRASH = api.trashDays === 0 && 'the service has no trash';
    it('purge_at of trashed images', { skip: NO_TRASH }, async () => {
      const user_id = newUser();
      const { image_id } = await api.upload(user_id, await picture());
      const { purge_at } = await api.ask<Trashed>(`/images/${image_id}/trash`, { method: 'POST' });
      await eventually(async () => {
        const { images } = await api.list({ user_id, status: 'trashed', fields: 'purge_at,status' });
        assert.deepEqual(images, [{ image_id, status: 'trashed', purge_at }]);
      });
    });

    it('combines with every filter', async () => {
      const [from, to] = [album.images.at(18)?.created_at ?? '', album.images.at(2)?.created_at ?? ''];
      for (const query of [
        { tag: album.mark },
        { user_id: album.user, order: 'oldest', limit: 7 },
        { user_id: album.user, tag: ['a', 'b'], limit: 2 },
        { user_id: album.user, tag: ['a', 'b'], tag_mode: 'any', content_type: 'image/gif' },
        { user_id: album.user, start_date: from, end_date: to, status: 'ready' },
      ]) {
        await requireOnly(query, 'tags', 'created_at');
      }
    });

    it('unknown and repeated ones are 400, and the detail asks whether a similar one is meant', async () => {
      const ask = (fields: string) =>
        api.refused('invalid-request', `/images?${search({ user_id: album.user, fields })}`, {}, 'fields');
      for (const [fields, similar] of [
        ['tag', 'tags'],
        ['filename,widht', 'width'],
        ['File-Name', 'filename'],
      ] as const) {
        const { errors = [] } = await ask(fields);
        assert.match(errors[0]?.detail ?? '', new RegExp(`did you mean \`${similar}\`\\?$`));
      }
      for (const fields of ['x', 'tags,', ',', 'tags,,size', '*', '__proto__', 'constructor', 'metadata.camera']) {
        assert.match((await ask(fields)).detail, /expected/);
      }
      for (const fields of ['tags,tags', 'size,tags,size', 'image_id,image_id']) {
        assert.match((await ask(fields)).detail, /once/);
      }
      await api.refused('invalid-request', `/images?user_id=${album.user}&fields=tags&fields=size`, {}, 'fields');
    });

    it('over 512 characters are 400', async () => {
      const { detail } = await api.refused('invalid-request', `/images?fields=${'x'.repeat(513)}`, {}, 'fields');
      assert.match(detail, /at most 512 characters/);
    });

    it('without a name it is a parameter not given', async () => {
      const page = await api.ask<Page>(`/images?user_id=${album.user}&fields=`);
      assert.deepEqual(page.images, album.images);
    });

    it('not part of the cursor: the next page may have other fields, or all', async () => {
      const query = { user_id: album.user, limit: 5 };
      const [first, whole] = [await api.list({ ...query, fields: 'tags' }), await api.list(query)];
      assert.equal(first.next_cursor, whole.next_cursor);
      const cursor = first.next_cursor ?? '';
      const next = album.images.slice(5, 10);
      assert.deepEqual((await api.list({ ...query, cursor })).images, next);
      for (const fields of ['size', 'tags', 'size,user_id']) {
        const { images } = await api.list({ ...query, fields, cursor });
        assert.deepEqual(
          images,
          next.map((image) => only(image, ...fields.split(','))),
        );
      }
    });

    it('Link: the next page with the same fields', async () => {
      const response = await api.send(`/images?user_id=${album.user}&limit=5&fields=tags`);
      await response.arrayBuffer();
      const [, next = ''] = /<([^>]+)>/.exec(response.headers.get('link') ?? '') ?? [];
      assert.deepEqual(
        (await api.ask<Page>(next)).images,
        album.images.slice(5, 10).map((image) => only(image, 'tags')),
      );
    });

    it('changes nothing of other lists and of the image alone', async () => {
      const query = { user_id: album.user };
      for (const fields of ['tags', 'size']) {
        await requireOnly(query, fields);
        assert.deepEqual((await api.list(query)).images, album.images);
        const [image] = album.images;
        assert.deepEqual(await api.metadata(image?.image_id ?? ''), image);
      }
    });

    it('shows a change at once', async () => {
      const user_id = newUser();
      const { image_id } = await api.upload(user_id, await picture());
      const query = { user_id, fields: 'description' };
      for (const description of ['one', 'two']) {
        await api.ask(`/images/${image_id}`, json({ description }, {}, 'PATCH'));
        await eventually(async () => assert.deepEqual((await api.list(query)).images, [{ image_id, description }]));
      }
    });

    it('the 4 MB of a page are of what is sent', async () => {
      const user_id = newUser();
      const large = {
        user_id,
        content_type: 'image/png',
        description: '🌅'.repeat(2_000),
        metadata: { a: 'x'.repeat(4_000) },
      };
      const granted: string[] = [];
      for (let batch = 0; batch < 4; batch++) {
        const init = json({ uploads: Array.from({ length: 100 }, () => large) });
        const { results } = await api.ask<{ results: { grant: Grant }[] }>('/images/uploads', init);
        granted.push(...results.map(({ grant }) => grant.image_id));
      }
      const expected = granted.toSorted().toReversed();
      const query = { user_id, status: 'pending', limit: 1_000 };
      await eventually(async () => {
        const small = await api.list({ ...query, fields: 'status' });
        assert.deepEqual(ids(small.images), expected);
        assert.equal(small.next_cursor, null);
      });
      const whole = await api.list({ ...query, fields: 'description,metadata' });
      assert.ok(whole.count < expected.length && whole.next_cursor !== null, `${whole.count} on one page`);
    });
  });
};
