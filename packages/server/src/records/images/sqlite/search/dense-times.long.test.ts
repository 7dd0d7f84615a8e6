import assert from 'node:assert/strict';
import { it } from 'node:test';
import { workAtMost } from '../../../../flow/work-at-most.ts';
import { denseIds } from '../../dense-times.contract.ts';
import { listAll, searchQuery } from '../../list-model.fixture.ts';
import { addReady } from '../../sample-images.fixture.ts';
import { createSqliteHarness } from '../sqlite-harness.fixture.ts';

it('a search pages through 100,000 images of one date, 1,000 a millisecond', async () => {
  await using harness = await createSqliteHarness();
  const ids = denseIds(Array.from({ length: 100 }, (_, ms) => Date.UTC(2015, 5, 1) + ms));
  await workAtMost(64, ids, async (id) => {
    await addReady(harness.images, { id });
  });
  for (const [order, due] of [
    ['newest', ids.toReversed()],
    ['oldest', ids],
  ] as const) {
    const found = await listAll(harness.images, searchQuery('ada', ['ada'], { order, limit: 1_000 }));
    assert.deepEqual(
      found.map(({ id }) => id),
      due,
    );
  }
});
