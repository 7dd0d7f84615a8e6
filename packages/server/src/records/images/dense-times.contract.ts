import assert from 'node:assert/strict';
import { it } from 'node:test';
import { v7 } from 'uuid';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { FindQuery, ImageRepository } from './image-repository.ts';
import { listAll, readyQuery, searchQuery } from './list-model.fixture.ts';
import { addReady } from './sample-images.fixture.ts';

/** As an import spreads them. */
const PER_MS = 1_000;
const AT_ONCE = 16;

/** Ids of these milliseconds, in order. */
export const denseIds = (times: readonly number[]): ImageId[] =>
  times
    .flatMap((msecs) => Array.from({ length: PER_MS }, () => parseImageId(v7({ msecs })) ?? assert.fail()))
    .toSorted();

/** The part of the contract about images that an import has brought: many of one millisecond, and from 1970 on. */
export function describeDenseTimes(
  create: () => Promise<ImageRepositoryHarness>,
  { searches }: { readonly searches: boolean },
): void {
  it('lists 3,000 images of three milliseconds page by page, each once: two of 1970, and one of 2015', async () => {
    await using harness = await create();
    const ids = denseIds([0, 1, Date.UTC(2015, 5, 1)]);
    await workAtMost(AT_ONCE, inNoOrder(ids), async (id) => {
      await addReady(harness.images, { id, tags: isEven(id) ? ['red', 'even'] : ['red'] });
    });
    for (const order of ['newest', 'oldest', 'taken-newest', 'taken-oldest'] as const) {
      const due = order.endsWith('newest') ? ids.toReversed() : ids;
      assert.deepEqual(await listed(harness.images, readyQuery({ userId: 'ada', order, limit: 170 })), due, order);
    }
    const inSecond = { createdFrom: new Date(1), createdBefore: new Date(2) };
    assert.deepEqual(
      await listed(harness.images, readyQuery({ ...inSecond, order: 'oldest', tags: ['red'], limit: 90 })),
      ids.slice(PER_MS, 2 * PER_MS),
    );
    assert.deepEqual(
      await listed(harness.images, readyQuery({ userId: 'ada', tags: ['red', 'even'], limit: 100 })),
      ids.filter(isEven).toReversed(),
    );
    if (!searches) return;
    for (const order of ['newest', 'oldest'] as const)
      assert.deepEqual(
        await listed(harness.images, searchQuery('ada', ['jp'], { order, limit: 50 })),
        order === 'newest' ? ids.toReversed() : ids,
        `found, ${order}`,
      );
  });
}

const isEven = (id: ImageId): boolean => Number.parseInt(id.slice(-1), 16) % 2 === 0;

/** By their random digits. */
const inNoOrder = (ids: readonly ImageId[]): ImageId[] =>
  ids.toSorted((one, other) => (one.slice(-12) < other.slice(-12) ? -1 : 1));

const listed = async (images: ImageRepository, query: FindQuery): Promise<ImageId[]> =>
  (await listAll(images, query)).map(({ id }) => id);
