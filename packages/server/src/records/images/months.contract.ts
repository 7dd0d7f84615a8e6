import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Image, tombstone, trash } from '../../domain/image/image.ts';
import { changesBetweenPages, LIST_PROPERTY, populations } from './arbitrary-lists.fixture.ts';
import { applyChange } from './change-images.fixture.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { MonthsQuery } from './image-repository.ts';
import { addTaken, requireMonths, taken } from './months.fixture.ts';
import { addSettled, NOW } from './sample-images.fixture.ts';

/** The part of the contract about months. `owners`: whose the store has, undefined for those of all. */
export function describeMonths(
  create: () => Promise<ImageRepositoryHarness>,
  owners: readonly (string | undefined)[],
): void {
  describe('months', () => {
    it('come in pages, the latest first', async () => {
      await using harness = await create();
      const { images } = harness;
      for (const at of ['0001-01', '1969-12', '2024-07', '2024-07', '9999-12'])
        await addTaken(images, `${at}-03T00:00:00.000`);
      const found: unknown[] = [];
      for (let before: MonthsQuery['before']; ; ) {
        const [month, ...rest] = await images.months({ userId: 'ada', before, limit: 1 });
        assert.deepEqual(rest, []);
        if (!month) break;
        found.push([month.month, month.images]);
        before = month.month;
      }
      assert.deepEqual(found, [
        ['9999-12', 1],
        ['2024-07', 2],
        ['1969-12', 1],
        ['0001-01', 1],
      ]);
      assert.deepEqual(await images.months({ userId: 'bob', limit: 9 }), []);
    });

    it('are those of the ready images, whatever changes', async () => {
      await fc.assert(
        fc.asyncProperty(populations, changesBetweenPages, async (population, changes) => {
          await using harness = await create();
          const { images } = harness;
          const added = await Promise.all(
            population.map(({ status, ...sample }) => addSettled(images, status, sample)),
          );
          const stored = new Map(added.map((image) => [image.id, image]));
          for (const change of changes.flat()) await applyChange([images], stored, change);
          for (const userId of ['bob', ...owners]) await requireMonths(images, stored.values(), userId);
        }),
        LIST_PROPERTY,
      );
    });

    it('are exact after many changes at once', async () => {
      await using harness = await create();
      const { images } = harness;
      const added = await Promise.all(
        Array.from({ length: 50 }, (_, n) => addTaken(images, `20${10 + (n % 5)}-01-01T00:00:00.000`)),
      );
      const ends = added.map(async (image, n): Promise<Image> => {
        const to = [tombstone(image, NOW), trash(image, NOW, NOW), taken(image, '2030-01-01T00:00:00.000'), image][
          n % 4
        ];
        const rivals = [to ?? image, taken(image, '2031-01-01T00:00:00.000')];
        const won = await Promise.all(rivals.map((rival) => images.replace(image, rival)));
        return rivals.findLast((_, index) => won[index]) ?? image;
      });
      const stored = await Promise.all(ends);
      for (const userId of owners) await requireMonths(images, stored, userId);
    });
  });
}
