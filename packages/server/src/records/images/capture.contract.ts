import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ReadyImage, tombstone, trash } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { captureQueries, changesBetweenPages, LIST_PROPERTY, populations } from './arbitrary-lists.fixture.ts';
import { applyChange } from './change-images.fixture.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { FindQuery, ImageRepository } from './image-repository.ts';
import { checkPage, isBehind, isMoved, listAll, modelList, readyQuery } from './list-model.fixture.ts';
import { addTaken, clock, requireMonths, taken } from './months.fixture.ts';
import { addReady, addSettled, NOW } from './sample-images.fixture.ts';

/** The part of the contract about orders by capture, of stores that have them. */
export function describeCapture(create: () => Promise<ImageRepositoryHarness>): void {
  describe('lists by capture', () => {
    it('have images by the clock that they show, those without one by their upload, in both orders', async () => {
      await using harness = await create();
      const { images } = harness;
      const undated = await addReady(images);
      const old = await addTaken(images, '1969-12-31T23:59:59.999');
      const first = await addTaken(images, '0001-01-01T00:00:00.000');
      const last = await addTaken(images, '9999-12-31T23:59:59.999');
      const before = await addTaken(images, '2026-11-20T11:59:59.999');
      const after = await addTaken(images, '2026-11-20T12:00:00.001');
      const newest = [last, after, undated, before, old, first];
      for (const userId of await scopesOf(images)) {
        assert.deepEqual(await listAll(images, readyQuery({ order: 'taken-newest', userId, limit: 2 })), newest);
        const oldest = await listAll(images, readyQuery({ order: 'taken-oldest', userId, limit: 2 }));
        assert.deepEqual(oldest, newest.toReversed());
      }
    });

    it('begin with the first millisecond that is asked for, and end before the last', async () => {
      await using harness = await create();
      const { images } = harness;
      const taken: ReadyImage[] = [];
      for (const ms of ['000', '001', '002', '003']) taken.push(await addTaken(images, `2019-05-04T10:00:00.${ms}`));
      const range = { takenFrom: clock('2019-05-04T10:00:00.001'), takenBefore: clock('2019-05-04T10:00:00.003') };
      const asked = readyQuery({ order: 'taken-oldest', userId: 'ada', ...range });
      assert.deepEqual(await images.find(asked), { images: taken.slice(1, 3), next: null });
    });

    it('have a corrected image at its new place only, with each filter', async () => {
      await using harness = await create();
      const { images } = harness;
      const listed = { tags: ['red', 'blue'], contentType: 'image/png' } as const;
      const image = await addTaken(images, '2019-05-04T10:00:00.000', listed);
      const corrected = taken(image, '2001-01-01T00:00:00.000');
      assert.equal(await images.replace(image, corrected), true);
      const order = 'taken-newest';
      for (const filter of [{}, { tags: ['red'] }, { contentType: 'image/png' as const }, listed]) {
        for (const userId of await scopesOf(images)) {
          const from2002 = { takenFrom: clock('2002-01-01T00:00:00.000') };
          assert.deepEqual(await listAll(images, readyQuery({ order, userId, ...filter, ...from2002 })), []);
          assert.deepEqual(await listAll(images, readyQuery({ order, userId, ...filter })), [corrected]);
        }
      }
      assert.deepEqual(await images.months({ userId: 'ada', limit: 9 }), [{ month: '2001-01', images: 1 }]);
    });

    it('and months have no image in the trash, nor a deleted one', async () => {
      await using harness = await create();
      const { images } = harness;
      const [kept, trashed, deleted] = [await addReady(images), await addReady(images), await addReady(images)];
      await images.replace(trashed, trash(trashed, NOW, NOW));
      await images.replace(deleted, tombstone(deleted, NOW));
      for (const userId of await scopesOf(images)) {
        assert.deepEqual(await listAll(images, readyQuery({ order: 'taken-newest', userId })), [kept]);
        assert.deepEqual(await images.months({ userId, limit: 9 }), [{ month: '2026-11', images: 1 }]);
      }
      await images.replace(kept, tombstone(kept, NOW));
      for (const userId of await scopesOf(images)) assert.deepEqual(await images.months({ userId, limit: 9 }), []);
    });

    it('contain exactly the matching images, and months count them, whatever changes between pages', async () => {
      await fc.assert(
        fc.asyncProperty(populations, captureQueries, changesBetweenPages, async (population, query, changes) => {
          await using harness = await create();
          const { images } = harness;
          fc.pre(query.userId !== undefined || (await scopesOf(images)).includes(undefined));
          const added = await Promise.all(
            population.map(({ status, ...sample }) => addSettled(images, status, sample)),
          );
          const stored = new Map(added.map((image) => [image.id, image]));
          const [first = [], ...others] = changes;
          for (const change of first) await applyChange([images], stored, change);

          const moved = new Set<ImageId>();
          const matching = () => modelList(stored.values(), query).map(({ id }) => id);
          let matchedThroughout = matching();
          const seen: ImageId[] = [];
          let after = query.after;
          for (let turn = 0; ; turn += 1) {
            const asked: FindQuery = { ...query, after };
            const page = await images.find(asked);
            checkPage(page, asked, modelList(stored.values(), asked));
            seen.push(...page.images.map(({ id }) => id));
            if (page.next === null) break;
            assert.ok(after === undefined || isBehind(page.next, after, query));
            after = page.next;
            for (const change of others[turn] ?? []) {
              const before = new Map(stored);
              await applyChange([images], stored, change);
              for (const [id, image] of stored) if (isMoved(before.get(id), image)) moved.add(id);
            }
            const still = new Set(matching());
            matchedThroughout = matchedThroughout.filter((id) => still.has(id) && !moved.has(id));
          }
          const steady = seen.filter((id) => !moved.has(id));
          assert.equal(new Set(steady).size, steady.length, 'expected no image twice whose date stayed');
          assert.deepEqual(
            matchedThroughout.filter((id) => !seen.includes(id) && !moved.has(id)),
            [],
            'expected no image to be skipped whose date stayed',
          );
          for (const userId of ['bob', ...(await scopesOf(images))])
            await requireMonths(images, stored.values(), userId);
        }),
        LIST_PROPERTY,
      );
    });
  });
}

/** An owner, and all of them if the store has their lists. */
const scopesOf = async (images: ImageRepository): Promise<(string | undefined)[]> =>
  (await images.ordersByCapture()) === 'of-all' ? ['ada', undefined] : ['ada'];
