import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PendingImage } from '../../../domain/image/image.ts';
import { type Limits, UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_USAGE, type Usage } from '../../../domain/usage/usage.ts';
import { NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { createSqliteHarness } from '../../images/sqlite/sqlite-harness.fixture.ts';
import { describeStatusCounts } from '../status-counts.contract.ts';
import { describeUsage } from '../usage.contract.ts';

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
    async plantCounts(userId: string, error: Readonly<Record<string, number>>) {
      const add = harness.database.prepare(
        `INSERT INTO image_counts VALUES (?, ?, ?)
         ON CONFLICT (user_id, status) DO UPDATE SET images = images + excluded.images`,
      );
      for (const [status, images] of Object.entries(error)) add.run(userId, status, images);
    },
  };
}

type Harness = Awaited<ReturnType<typeof createHarness>>;

describeUsage('SQLite', createHarness);
describeStatusCounts('SQLite', createHarness);

it('the total is that of all owners, and unknown while usage is not counted', async () => {
  await using harness = await createHarness(UNLIMITED);
  const { images, usage, uncounted } = harness;
  assert.equal(await usage.totalUsage(), undefined);
  await usage.recount(NOW, () => undefined);
  assert.deepEqual(await usage.totalUsage(), { images: 0, bytes: 0 });
  for (const userId of ['ada', 'bob', 'eve']) {
    const pending = samplePending({ userId });
    await images.create(pending);
    if (userId !== 'eve') await images.replace(pending, samplePublished(pending));
  }
  assert.deepEqual(await usage.totalUsage(), { images: 2, bytes: 2 * 1_234 });
  await uncounted.create(samplePending());
  assert.equal(await usage.totalUsage(), undefined);
});

it('the total covers more owners than one statement reads', async () => {
  await using harness = await createHarness(UNLIMITED);
  await harness.usage.recount(NOW, () => undefined);
  const add = harness.database.prepare('INSERT INTO usage VALUES (?, 10, 1, 0, 0, 0)');
  harness.database.exec('BEGIN');
  for (let user = 0; user < 20_000; user += 1) add.run(`user-${user}`);
  harness.database.exec('COMMIT');
  assert.deepEqual(await harness.usage.totalUsage(), { images: 20_000, bytes: 200_000 });
});

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

for (const [who, isAnother, end] of [
  ['a process that does not count', true, ({ uncounted }: Harness, image: PendingImage) => uncounted.create(image)],
  ['a start without counting', false, ({ usage }: Harness) => usage.setCounted(null)],
] as const)
  it(`a recount that ${who} has ended begins again at the first record`, async () => {
    await using harness = await createHarness(UNLIMITED);
    await harness.images.create(samplePending({ reservedBytes: 1 }));
    await harness.plant('ada', { ...NO_USAGE, pending: 1 });
    const stopped = harness.usage.recount(NOW, () => {
      throw new Error('killed');
    });
    await assert.rejects(stopped, /killed/);
    assert.equal(await harness.usage.countedSince(), 'being-counted');
    await end(harness, samplePending({ reservedBytes: 1 }));
    assert.equal(await harness.usage.countedSince(), undefined);
    await harness.usage.recount(NOW, () => undefined);
    const { usage } = await harness.usage.usageOf('ada');
    const count = isAnother ? 2 : 1;
    assert.deepEqual(usage, { ...NO_USAGE, pending: count, reservedBytes: count });
  });

it('a recount that stands at a record counts the changes of that record, and not yet those behind it', async () => {
  await using harness = await createHarness(UNLIMITED);
  const images = [samplePending({ reservedBytes: 1 }), samplePending({ reservedBytes: 1 })];
  for (const image of images) await harness.images.create(image);
  harness.database.exec(`INSERT INTO usage_recount_position SELECT MIN(n) FROM images;
    INSERT INTO usage_recounts VALUES ('ada', 0, 0, 0, 1, 1)`);
  for (const image of images) assert.ok(await harness.images.replace(image, samplePublished(image)));
  await harness.usage.recount(NOW, () => assert.fail('expected nothing to repair'));
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
