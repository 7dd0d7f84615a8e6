import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PendingImage } from '../../domain/image/image.ts';
import { type Limits, UNLIMITED } from '../../domain/usage/quota.ts';
import { NO_USAGE, type Usage } from '../../domain/usage/usage.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { describeUsage } from '../usage.contract.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

async function createHarness(defaults: Limits) {
  const harness = await createSqliteHarness({ countsWith: defaults });
  return {
    ...harness,
    async plant(userId: string, error: Usage) {
      const { bytes, images, trashedBytes, pending, reservedBytes } = error;
      harness.database
        .prepare(
          `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET bytes = bytes + excluded.bytes,
           images = images + excluded.images, trashed_bytes = trashed_bytes + excluded.trashed_bytes,
           pending = pending + excluded.pending, reserved_bytes = reserved_bytes + excluded.reserved_bytes`,
        )
        .run(userId, bytes, images, trashedBytes, pending, reservedBytes);
    },
  };
}

describeUsage('SQLite', createHarness);

it('a recount that was interrupted is continued, and what changed meanwhile counts', async () => {
  await using harness = await createHarness(UNLIMITED);
  const images = Array.from({ length: 5_000 }, () => samplePending({ reservedBytes: 1 }));
  await Promise.all(images.map((image) => harness.images.create(image)));
  await harness.plant('ada', { ...NO_USAGE, pending: 1 });
  const stopped = harness.usage.recount(NOW, () => {
    throw new Error('killed');
  });
  await assert.rejects(stopped, /killed/);
  await harness.images.create(samplePending({ reservedBytes: 1, userId: 'bob', updatedAt: NOW }));
  await harness.usage.recount(NOW, () => assert.fail('expected no further repair'));
  assert.deepEqual((await harness.usage.usageOf('ada')).usage, { ...NO_USAGE, pending: 5_000, reservedBytes: 5_000 });
  assert.deepEqual((await harness.usage.usageOf('bob')).usage, { ...NO_USAGE, pending: 1, reservedBytes: 1 });
});

it('a recount is exact while records before and behind its position change', async () => {
  await using harness = await createHarness(UNLIMITED);
  const images = Array.from({ length: 6_000 }, () => samplePending({ reservedBytes: 1 }));
  await Promise.all(images.map((image) => harness.images.create(image)));
  let [isOver, published] = [false, 0];
  const publish = async (image: PendingImage | undefined): Promise<void> => {
    assert.ok(image && (await harness.images.replace(image, samplePublished(image))));
    published += 1;
  };
  const recounting = harness.usage
    .recount(NOW, () => assert.fail('expected nothing to repair'))
    .finally(() => {
      isOver = true;
    });
  for (let n = 0; !isOver; n += 1) await Promise.all([publish(images[n]), publish(images.at(-1 - n))]);
  await recounting;
  assert.ok(published > 0);
  const { usage } = await harness.usage.usageOf('ada');
  assert.deepEqual(
    [usage.images, usage.pending, usage.reservedBytes],
    [published, 6_000 - published, 6_000 - published],
  );
  await harness.usage.recount(NOW, () => assert.fail('expected nothing to repair'));
});
