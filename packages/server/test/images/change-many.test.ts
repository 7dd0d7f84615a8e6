import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../repeats.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json, post } from '../services/service.ts';

const { count: ROUNDS } = repeatsOf('changeRaces');
const RIVALS = 10;
const ENVIRONMENT = { RATE_LIMITS: 'off', EVENTS: 'on' };
const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface Result {
  readonly image_id: string;
  readonly status?: string;
  readonly revision?: number;
  readonly added_tags?: readonly string[];
  readonly removed_tags?: readonly string[];
  readonly former_metadata?: object;
  readonly former_visibility?: string;
  readonly ended_links?: number;
  readonly former_taken_at?: string | null;
  readonly error?: { readonly code: string; readonly errors?: readonly { readonly pointer: string }[] };
}

interface Description {
  readonly tags: readonly string[];
  readonly metadata: object;
  readonly visibility: string;
  readonly revision: number;
}

onEachRepository(
  'a change of many images',
  (serviceOf) => {
    let key: string;
    before(async () => {
      key = await serviceOf().keyOf({ owner: 'ada' });
    });

    const read = async <Answer>(answer: Response, status = 200): Promise<Answer> => {
      const body = (await answer.json()) as Answer;
      assert.equal(answer.status, status, JSON.stringify(body));
      return body;
    };
    const patch = async (id: string, changes: object) =>
      read<Description>(await serviceOf().as(key, `/images/${id}`, { ...json(changes), method: 'PATCH' }));
    const upload = async (changes: object = {}): Promise<string> => {
      const uploaded = await serviceOf().as(key, '/images/upload', post(picture, 'image/jpeg'));
      const { image_id: id } = await read<{ image_id: string }>(uploaded);
      await patch(id, changes);
      return id;
    };
    const image = async (id: string) => read<Description>(await serviceOf().as(key, `/images/${id}/metadata`));
    const change = (body: object) => serviceOf().as(key, '/images/change', json(body));
    const changed = async (body: object) =>
      (await read<{ count: number; results: Result[] }>(await change(body))).results;

    /** As a client does it: an image that kept changing is asked for again. */
    const changedAtLast = async (body: { readonly image_ids: readonly string[] }): Promise<Result[]> => {
      const results = await changed(body);
      const isLeft = ({ error }: Result): boolean => error?.code === 'unavailable';
      const left = results.filter(isLeft).map(({ image_id }) => image_id);
      const again = left.length > 0 ? await changedAtLast({ ...body, image_ids: left }) : [];
      return [...results.filter((result) => !isLeft(result)), ...again];
    };

    it('adds and removes tags, tells what each image gained and lost, and a repeat finds it done', async () => {
      const ids = [await upload({ tags: ['sea', 'new'] }), await upload()];
      const revisions = [];
      for (const id of ids) revisions.push((await image(id)).revision);
      const asked = { image_ids: [...ids, 'x'], add_tags: ['sea', ' 2024 '], remove_tags: ['new'] };
      const [first, second, unknown] = await changed(asked);
      assert.deepEqual(first, {
        image_id: ids[0],
        status: 'ready',
        revision: (revisions[0] ?? 0) + 1,
        added_tags: ['2024'],
        removed_tags: ['new'],
      });
      assert.deepEqual([second?.added_tags, second?.removed_tags], [['sea', '2024'], undefined]);
      assert.equal(unknown?.error?.code, 'image-not-found');
      for (const id of ids) assert.deepEqual((await image(id)).tags, ['sea', '2024']);
      for (const [index, result] of (await changed(asked)).slice(0, 2).entries())
        assert.deepEqual(result, { image_id: ids[index], status: 'ready', revision: (revisions[index] ?? 0) + 1 });
      const listed = await serviceOf().as(key, '/images?tag=2024&tag=sea');
      assert.equal((await read<{ count: number }>(listed)).count, 2);
    });

    it('sets members of metadata, leaves the others, and tells what they were', async () => {
      const id = await upload({ metadata: { place: 'Sylt', old: [1], kept: true } });
      const [result] = await changed({ image_ids: [id], metadata: { place: 'Rügen', old: null, none: null } });
      assert.deepEqual(result?.former_metadata, { place: 'Sylt', old: [1] });
      assert.deepEqual((await image(id)).metadata, { place: 'Rügen', kept: true });
      await changed({ image_ids: [id], metadata: result?.former_metadata });
      assert.deepEqual((await image(id)).metadata, { place: 'Sylt', old: [1], kept: true });
    });

    it('sets the visibility, tells the former one, and ends the links of the image', async () => {
      const id = await upload();
      const made = await serviceOf().as(key, `/images/${id}/links`, json({ what: 'preset', preset: 'thumb' }));
      const { url } = (await made.json()) as { url: string };
      const openedAs = async () => (await serviceOf().request(new URL(url).pathname + new URL(url).search)).status;
      assert.equal(await openedAs(), 200);
      const [result] = await changed({ image_ids: [id], visibility: 'public', add_tags: ['sea'] });
      assert.deepEqual([result?.former_visibility, result?.ended_links, result?.added_tags], ['private', 1, ['sea']]);
      const { revision } = await image(id);
      const [again] = await changed({ image_ids: [id], visibility: 'public', add_tags: ['sea'] });
      assert.deepEqual(again, { image_id: id, status: 'ready', revision }, 'nothing is written again');
      assert.notEqual(await openedAs(), 200);
      const { visibility, tags } = await image(id);
      assert.deepEqual([visibility, tags], ['public', ['sea']]);
    });

    it('tells the date that another one replaced', async () => {
      const id = await upload();
      const [first] = await changed({ image_ids: [id], taken_at: '2019-05-04' });
      const [second] = await changed({ image_ids: [id], taken_at: '2020-01-01' });
      assert.deepEqual([first?.former_taken_at, second?.former_taken_at], [null, '2019-05-04T00:00:00.000']);
    });

    it('refuses the images alone that can not have it, and those of another user', async () => {
      const tags = Array.from({ length: 20 }, (_, n) => `t${n}`);
      const ids = [await upload({ tags }), await upload(), await upload({ metadata: { a: 'x'.repeat(4_000) } })];
      const [full, , long] = await changed({ image_ids: ids, add_tags: ['new'] });
      assert.deepEqual(full?.error?.errors?.[0]?.pointer, '/add_tags');
      assert.deepEqual(long?.added_tags, ['new']);
      const results = await changed({ image_ids: ids, metadata: { b: 'x'.repeat(100) } });
      assert.deepEqual(
        results.map(({ status, error }) => error?.errors?.[0]?.pointer ?? status),
        ['ready', 'ready', '/metadata'],
      );
      assert.deepEqual((await image(ids[0] ?? '')).tags, tags);
      const bob = await serviceOf().keyOf({ owner: 'bob' });
      const foreign = await serviceOf().as(bob, '/images/change', json({ image_ids: ids, add_tags: ['theirs'] }));
      assert.equal((await read<{ count: number }>(foreign)).count, 0);
    });

    it('at the same moment as others loses no tag, and all of them are told once', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const ids = [await upload(), await upload()];
        const rivals = Array.from({ length: RIVALS }, (_, n) => ({ image_ids: ids, add_tags: [`r${n}`, 'common'] }));
        const results = (await Promise.all(rivals.map(changedAtLast))).flat();
        for (const id of ids) {
          const told = results.filter(({ image_id }) => image_id === id).flatMap(({ added_tags = [] }) => added_tags);
          const { tags } = await image(id);
          assert.deepEqual(tags.toSorted(), ['common', ...rivals.map((_, n) => `r${n}`)].toSorted());
          assert.deepEqual(told.toSorted(), tags.toSorted());
        }
      }
    });

    for (const [what, body, pointer] of [
      ['no change', {}, ''],
      ['no tag to add', { add_tags: [] }, '/add_tags'],
      ['21 tags', { add_tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, '/add_tags'],
      ['a tag to add and to remove', { add_tags: ['a', 'b'], remove_tags: ['b '] }, '/remove_tags'],
      ['another visibility', { visibility: 'secret' }, '/visibility'],
      ['metadata that are no object', { metadata: ['a'] }, '/metadata'],
      ['another field', { description: 'x' }, '/description'],
    ] as const)
      it(`of ${what} is a 400`, async () => {
        const problem = await read<{ errors?: readonly { pointer: string }[] }>(
          await change({ image_ids: ['x'], ...body }),
          400,
        );
        assert.equal(problem.errors?.[0]?.pointer.replace(/\/\d+$/, ''), pointer);
      });
  },
  ENVIRONMENT,
);
