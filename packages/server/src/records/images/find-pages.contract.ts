import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Image, tombstone } from '../../domain/image/image.ts';
import { firstIdAt, type ImageId } from '../../domain/image/image-id.ts';
import { changesBetweenPages, LIST_PROPERTY, populations, queries } from './arbitrary-lists.fixture.ts';
import { applyChange } from './change-images.fixture.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import { checkPage, modelList, readyQuery } from './list-model.fixture.ts';
import { addReady, addSettled, NOW, newImageId } from './sample-images.fixture.ts';

/** The part of the contract about paging. */
export function describePages(create: () => Promise<ImageRepositoryHarness>): void {
  describe('the pages of a list', () => {
    it('continue after the last image, in both orders, and end with a full page if nothing follows', async () => {
      await using harness = await create();
      const added: Image[] = [];
      for (const minutes of [4, 3, 2, 1]) {
        added.push(await addReady(harness.images, { createdAt: new Date(NOW.getTime() - minutes * 60_000) }));
      }
      const [a, b, c, d] = added;
      for (const [order, [first, second, third, fourth]] of [
        ['newest', [d, c, b, a]],
        ['oldest', [a, b, c, d]],
      ] as const) {
        const query = readyQuery({ order, limit: 2 });
        assert.deepEqual(await harness.images.find(query), { images: [first, second], next: second?.id });
        const rest = { images: [third, fourth], next: null };
        assert.deepEqual(await harness.images.find({ ...query, after: second?.id }), rest);
        assert.deepEqual(await harness.images.find({ ...query, after: fourth?.id }), { images: [], next: null });
        assert.deepEqual((await harness.images.find({ ...query, limit: 3 })).next, third?.id);
        assert.deepEqual((await harness.images.find({ ...query, limit: 4 })).next, null);
        assert.deepEqual(await harness.images.find({ ...query, limit: 1 }), { images: [first], next: first?.id });
      }
    });

    it('continue after an id that never existed or no longer matches', async () => {
      await using harness = await create();
      const minute = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
      const older = await addReady(harness.images, { createdAt: minute(0), tags: ['red', 'blue'] });
      const gone = await addReady(harness.images, { createdAt: minute(1), tags: ['red', 'blue'] });
      const newer = await addReady(harness.images, { createdAt: minute(3), tags: ['red', 'blue'] });
      await harness.images.replace(gone, tombstone(gone, NOW));
      for (const tags of [[], ['red'], ['red', 'blue']]) {
        for (const tagMode of ['all', 'any'] as const) {
          for (const after of [gone.id, newImageId(minute(2))]) {
            const query = readyQuery({ tags, tagMode, after, limit: 2 });
            checkPage(await harness.images.find(query), query, [older]);
            checkPage(await harness.images.find({ ...query, order: 'oldest' }), { ...query, order: 'oldest' }, [newer]);
          }
        }
      }
    });

    it('stay within the dates for any position', async () => {
      await using harness = await create();
      const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
      const added: Image[] = [];
      for (const seconds of [0, 1, 2, 3, 4]) added.push(await addReady(harness.images, { createdAt: at(seconds) }));
      const dates = { createdFrom: at(1), createdBefore: at(4) };
      for (const order of ['newest', 'oldest'] as const) {
        for (const after of [undefined, ...added.map(({ id }) => id)]) {
          const query = readyQuery({ ...dates, order, after, limit: 2 });
          checkPage(await harness.images.find(query), query, modelList(added, query));
        }
      }
    });

    it('include the smallest id of their first millisecond, and exclude that of the first millisecond after them', async () => {
      await using harness = await create();
      const times = [0, 1, 2, 3].map((milliseconds) => new Date(NOW.getTime() + milliseconds));
      const added: Image[] = [];
      for (const time of times) added.push(await addReady(harness.images, { id: firstIdAt(time), tags: ['red'] }));
      const [, createdFrom, , createdBefore] = times;
      for (const order of ['newest', 'oldest'] as const) {
        for (const tags of [[], ['red']]) {
          for (const userId of ['ada', undefined]) {
            const query = readyQuery({ createdFrom, createdBefore, order, tags, userId });
            assert.deepEqual(await harness.images.find(query), { images: modelList(added, query), next: null });
          }
        }
      }
    });

    it('of any of several tags contain an image once, even if it has several of them', async () => {
      await using harness = await create();
      const added: Image[] = [];
      for (const tags of [['red', 'blue'], ['blue'], ['green'], ['blue', 'red', 'green'], ['red']]) {
        added.push(await addReady(harness.images, { tags }));
      }
      for (const order of ['newest', 'oldest'] as const) {
        const query = readyQuery({ tags: ['red', 'blue', 'red', 'absent'], tagMode: 'any', order });
        assert.deepEqual(await harness.images.find(query), { images: modelList(added, query), next: null });
        assert.equal((await harness.images.find({ ...query, limit: 4 })).next, null);
        assert.equal((await harness.images.find({ ...query, limit: 3 })).images.length, 3);
      }
    });

    for (const status of ['pending', 'rejected', 'expired'] as const) {
      it(`of ${status} images contain all fields of these, and no others`, async () => {
        await using harness = await create();
        const added: Image[] = [];
        for (const userId of ['ada', 'bob', 'ada']) {
          for (const other of ['pending', 'ready', 'rejected', 'expired'] as const) {
            added.push(await addSettled(harness.images, other, { userId, tags: ['red'] }));
          }
        }
        const query = { status, userId: 'ada', order: 'oldest', limit: 10 } as const;
        const due = modelList(added, query);
        assert.equal(due.length, 2);
        assert.deepEqual(await harness.images.find(query), { images: due, next: null });
        assert.equal((await harness.images.find({ ...query, limit: 1 })).next, due[0]?.id);
        if (status !== 'pending') return;
        const everyones = { status, order: 'newest', limit: 3 } as const;
        assert.deepEqual(await harness.images.find(everyones), { images: modelList(added, everyones), next: null });
      });
    }

    it('contain exactly the matching images, despite inserts, edits, publications and deletions between them', async () => {
      await fc.assert(
        fc.asyncProperty(populations, queries, changesBetweenPages, async (population, query, changes) => {
          await using harness = await create();
          const added = await Promise.all(
            population.map(({ status, ...sample }) => addSettled(harness.images, status, sample)),
          );
          const stored = new Map(added.map((image) => [image.id, image]));
          const matching = () => modelList(stored.values(), query).map(({ id }) => id);

          let matchedThroughout = matching();
          const seen: ImageId[] = [];
          let after = query.after;
          for (let turn = 0; ; turn += 1) {
            const asked = { ...query, after };
            const { images, next } = await harness.images.find(asked);
            checkPage({ images, next }, asked, modelList(stored.values(), asked));
            seen.push(...images.map(({ id }) => id));
            if (next === null) break;
            after = next;
            for (const change of changes[turn] ?? []) await applyChange([harness.images], stored, change);
            const still = new Set(matching());
            matchedThroughout = matchedThroughout.filter((id) => still.has(id));
          }
          assert.equal(new Set(seen).size, seen.length, 'expected no image twice');
          assert.deepEqual(
            matchedThroughout.filter((id) => !seen.includes(id)),
            [],
            'expected no image to be skipped',
          );
        }),
        LIST_PROPERTY,
      );
    });
  });
}
