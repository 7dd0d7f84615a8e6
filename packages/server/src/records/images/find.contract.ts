import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ReadyImage, reject, tombstone } from '../../domain/image/image.ts';
import { createdAt, firstIdAt } from '../../domain/image/image-id.ts';
import { LIST_PROPERTY, populations, queries } from './arbitrary-lists.fixture.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import { listAll, modelList, readyQuery } from './list-model.fixture.ts';
import { addReady, addSettled, NOW, samplePending, samplePublished } from './sample-images.fixture.ts';

/** The part of the contract about `find`. */
export function describeFind(create: () => Promise<ImageRepositoryHarness>): void {
  describe('find', () => {
    it('finds nothing in an empty repository', async () => {
      await using harness = await create();
      assert.deepEqual(await listAll(harness.images, readyQuery()), []);
      assert.deepEqual(await listAll(harness.images, readyQuery({ userId: 'ada', tags: ['red', 'blue'] })), []);
    });

    it('lists ready images with all fields, in either order', async () => {
      await using harness = await create();
      const added: ReadyImage[] = [];
      for (const hours of [3, 1, 2]) added.push(await addReady(harness.images, { createdAt: hoursAgo(hours) }));
      const [third, first, second] = added;
      assert.deepEqual(await listAll(harness.images, readyQuery()), [first, second, third]);
      assert.deepEqual(await listAll(harness.images, readyQuery({ order: 'oldest' })), [third, second, first]);
    });

    it('lists ready images only, until they are deleted', async () => {
      await using harness = await create();
      const listed = { tags: ['red'], userId: 'ada' };
      const [pending, rejected] = [samplePending(listed), samplePending(listed)];
      for (const image of [pending, rejected]) await harness.images.create(image);
      await harness.images.replace(rejected, reject(rejected, { code: 'empty-upload', detail: 'no bytes' }, NOW));
      const ready = await addReady(harness.images, listed);
      for (const matching of MATCHING_ADAS_RED_JPEG) {
        assert.deepEqual(await listAll(harness.images, readyQuery(matching)), [ready]);
      }
      await harness.images.replace(ready, tombstone(ready, NOW));
      for (const matching of MATCHING_ADAS_RED_JPEG)
        assert.deepEqual(await listAll(harness.images, readyQuery(matching)), []);
    });

    it('lists an image by the tags that it has after an edit', async () => {
      await using harness = await create();
      const ready = await addReady(harness.images, { tags: ['red', 'blue'] });
      const edited = { ...ready, tags: ['blue', 'green'], revision: ready.revision + 1 };
      assert.equal(await harness.images.replace(ready, edited), true);
      assert.deepEqual(await listAll(harness.images, readyQuery({ tags: ['red'] })), []);
      assert.deepEqual(await listAll(harness.images, readyQuery({ tags: ['blue'] })), [edited]);
      assert.deepEqual(await listAll(harness.images, readyQuery({ tags: ['green', 'blue'], userId: 'ada' })), [edited]);
    });

    it('is not affected by a change that lost its race', async () => {
      await using harness = await create();
      const pending = samplePending({ tags: ['red'] });
      await harness.images.create(pending);
      const rivals = [{ ...pending, tags: [], revision: 2 }, samplePublished(pending)];
      const won = await Promise.all(rivals.map((rival) => harness.images.replace(pending, rival)));
      assert.equal(won.filter((isWinner) => isWinner).length, 1);
      const listed = rivals.filter((rival, index) => won[index] && rival.status === 'ready');
      assert.deepEqual(await listAll(harness.images, readyQuery({ tags: ['red'] })), listed);
      assert.deepEqual(await listAll(harness.images, readyQuery()), listed);
    });

    it('treats createdFrom as inclusive and createdBefore as exclusive, to the millisecond', async () => {
      await using harness = await create();
      const early = await addReady(harness.images, { createdAt: new Date(NOW.getTime() - 1), tags: ['red'] });
      const late = await addReady(harness.images, { id: firstIdAt(NOW), tags: ['red'] });
      for (const tags of [[], ['red']]) {
        assert.deepEqual(await listAll(harness.images, readyQuery({ tags, createdFrom: NOW })), [late]);
        assert.deepEqual(await listAll(harness.images, readyQuery({ tags, createdBefore: NOW })), [early]);
        const both = { tags, createdFrom: createdAt(early.id), createdBefore: createdAt(late.id) };
        assert.deepEqual(await listAll(harness.images, readyQuery(both)), [early]);
        assert.deepEqual(await listAll(harness.images, readyQuery({ tags, createdFrom: NOW, createdBefore: NOW })), []);
        assert.equal((await listAll(harness.images, readyQuery({ tags, createdFrom: new Date(0) }))).length, 2);
      }
    });

    it('compares text exactly, including case, patterns, quotes and combining characters', async () => {
      await using harness = await create();
      const names = [
        "o'hara",
        'O’Hara',
        '100%',
        '100_',
        '1000',
        'a"b',
        'A"b',
        '\u{1f4f7}\u{1f3fd}',
        '\u{1f4f7}',
        'é',
        'e',
      ];
      const added = new Map<string, ReadyImage>();
      for (const name of names) added.set(name, await addReady(harness.images, { userId: name, tags: [name, 'all'] }));
      for (const name of names) {
        const found = [added.get(name)];
        assert.deepEqual(await listAll(harness.images, readyQuery({ userId: name })), found);
        assert.deepEqual(await listAll(harness.images, readyQuery({ tags: [name] })), found);
        assert.deepEqual(await listAll(harness.images, readyQuery({ userId: name, tags: ['all', name] })), found);
      }
    });

    it('counts a repeated tag once', async () => {
      await using harness = await create();
      const ready = await addReady(harness.images, { tags: ['red'] });
      assert.deepEqual(await listAll(harness.images, readyQuery({ tags: ['red', 'red'] })), [ready]);
    });

    it('intersects twenty tags', async () => {
      await using harness = await create();
      const tags = Array.from({ length: 20 }, (_, index) => `tag ${index}`);
      const ready = await addReady(harness.images, { tags });
      await addReady(harness.images, { tags: tags.slice(1) });
      assert.deepEqual(
        await listAll(harness.images, readyQuery({ tags: tags.toReversed(), contentType: 'image/jpeg' })),
        [ready],
      );
    });

    it('returns, page by page, what a filter over all images returns', async () => {
      await fc.assert(
        fc.asyncProperty(populations, fc.array(queries, { minLength: 1, maxLength: 20 }), async (population, asked) => {
          await using harness = await create();
          const all = await Promise.all(
            population.map(({ status, ...sample }) => addSettled(harness.images, status, sample)),
          );
          for (const query of asked) assert.deepEqual(await listAll(harness.images, query), modelList(all, query));
        }),
        LIST_PROPERTY,
      );
    });
  });
}

const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);

/** Every combination of filters that matches a red JPEG of Ada. */
const MATCHING_ADAS_RED_JPEG = [{}, { userId: 'ada' }].flatMap((byUser) =>
  [{}, { tags: ['red'] }].flatMap((byTag) =>
    [{}, { contentType: 'image/jpeg' as const }].map((byType) => ({ ...byUser, ...byTag, ...byType })),
  ),
);
