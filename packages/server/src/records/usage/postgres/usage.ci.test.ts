import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { type Limits, UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_USAGE } from '../../../domain/usage/usage.ts';
import { createPostgresImageRepository } from '../../images/postgres/postgres.ts';
import { NOW, sampleKeyUse, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { openPostgres } from '../../postgres/database.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { describeStatusCounts } from '../status-counts.contract.ts';
import { describeUsage } from '../usage.contract.ts';
import { createPostgresUsage } from './usage.ts';
import { createUsageCounts } from './usage-counts.ts';
import { createUsageHarness } from './usage-harness.fixture.ts';

const pendingOf = () => samplePending({ reservedBytes: 1_000 });

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const createHarness = (defaults: Limits) => createUsageHarness(server.postgres, defaults);

  describeUsage('PostgreSQL', createHarness);
  describeStatusCounts('PostgreSQL', createHarness);

  /** Two processes with one database. */
  async function createProcesses(defaults: Limits) {
    const database = await createMigratedDatabase(server.postgres, { connections: 10 });
    const other = openPostgres({ url: database.url, connections: 10, prepares: true });
    const [one, two] = [database.postgres, other].map((postgres) => ({
      postgres,
      images: createPostgresImageRepository(postgres, { counts: createUsageCounts(defaults) }),
      usage: createPostgresUsage(postgres, defaults),
    }));
    assert.ok(one && two);
    return {
      one,
      two,
      async [Symbol.asyncDispose]() {
        await other[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
      },
    };
  }

  it('never exceeds a limit, also by two processes, and with grants that are refused for another reason', async () => {
    await using processes = await createProcesses({ bytes: null, images: 30, pending: null });
    const { one, two } = processes;
    const taken = pendingOf();
    assert.equal(await one.images.create(taken), true);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 120 }, (_, n) => {
        const { images } = n % 2 === 0 ? one : two;
        if (n % 5 === 0) return images.create(taken);
        const image = pendingOf();
        if (n % 3 > 0) return images.create(image);
        return images.useKey(sampleKeyUse({ key: `${n % 12}`, imageId: image.id }), NOW, image);
      }),
    );
    for (const one of outcomes) if (one.status === 'rejected') assert.equal(one.reason.code, 'quota-exceeded');
    const { usage } = await two.usage.usageOf('ada');
    assert.deepEqual(usage, { ...NO_USAGE, pending: 30, reservedBytes: 30_000 });
    const [row] = await one.postgres.rows('SELECT count(*) FROM images');
    assert.deepEqual(row, [30]);
  });

  it('keeps limits from the moment another process has set them', async () => {
    await using processes = await createProcesses(UNLIMITED);
    const { one, two } = processes;
    for (let n = 0; n < 3; n += 1) assert.equal(await one.images.create(pendingOf()), true);
    await two.usage.setLimits('ada', { bytes: null, images: null, pending: 8 });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => one.images.create(pendingOf())));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5);
    await two.usage.setLimits('ada', null);
    assert.equal(await one.images.create(pendingOf()), true);
    assert.deepEqual((await one.usage.usageOf('ada')).usage, { ...NO_USAGE, pending: 9, reservedBytes: 9_000 });
  });

  it('lets grants of an owner with limits wait for each other, and of no one else', async () => {
    await using processes = await createProcesses(UNLIMITED);
    const { one, two } = processes;
    await one.usage.setLimits('ada', { bytes: null, images: 1, pending: null });
    const [admitted, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const counts = createUsageCounts({ ...UNLIMITED, images: 1 });
    const image = pendingOf();
    const holding = one.postgres.transaction(async (transaction) => {
      assert.equal(await counts.admit(transaction, image), 'fits');
      counts.count(transaction, undefined, image);
      admitted.resolve();
      await ended.promise;
    });
    await admitted.promise;
    let isRefused = false;
    const waiting = assert.rejects(two.images.create(pendingOf()), { code: 'quota-exceeded' }).then(() => {
      isRefused = true;
    });
    assert.equal(await two.images.create(samplePending({ userId: 'bob' })), true);
    assert.equal(isRefused, false);
    ended.resolve();
    await Promise.all([holding, waiting]);
  });

  it('spreads the counters of an owner over rows', async () => {
    await using harness = await createHarness(UNLIMITED);
    for (let n = 0; n < 40; n += 1) await harness.images.create(pendingOf());
    for (const table of ['usage', 'image_counts']) {
      const rows = await harness.postgres.rows(`SELECT shard FROM ${table} WHERE user_id = 'ada'`);
      assert.ok(rows.length >= 4 && rows.length <= 8, `${rows.length} rows`); // other databases take numbers too
    }
  });

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

  it('the total covers more rows than one statement reads', async () => {
    await using harness = await createHarness(UNLIMITED);
    await harness.usage.recount(NOW, () => undefined);
    await harness.postgres.change(
      `INSERT INTO usage SELECT 'user-' || n, shard, 10, 1, 0, 0, 0
       FROM generate_series(1, 5000) AS n, generate_series(0, 4) AS shard`,
    );
    assert.deepEqual(await harness.usage.totalUsage(), { images: 25_000, bytes: 250_000 });
  });

  it('counts images by status also while usage is not counted', async () => {
    await using harness = await createHarness(UNLIMITED);
    const image = samplePending();
    await harness.uncounted.create(image);
    await harness.uncounted.replace(image, samplePublished(image));
    const { byStatus, usage } = await harness.usage.usageOf('ada');
    assert.deepEqual([byStatus?.ready, byStatus?.pending, usage], [1, 0, NO_USAGE]);
  });
});
