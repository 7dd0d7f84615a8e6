import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import type { PendingImage } from '../../../domain/image/image.ts';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_IMAGES } from '../../../domain/usage/status-counts.ts';
import { NO_USAGE } from '../../../domain/usage/usage.ts';
import { until } from '../../../imaging/processes/process-list.fixture.ts';
import { COLUMNS, cellsOf } from '../../images/image-row.ts';
import { addTaken } from '../../images/months.fixture.ts';
import { NOW, samplePending } from '../../images/sample-images.fixture.ts';
import type { Postgres } from '../../postgres/database.ts';
import { createPostgresUsage } from './usage.ts';
import { createUncounted } from './usage-counts.ts';
import { createUsageHarness } from './usage-harness.fixture.ts';

const pendingOf = (userId = 'ada') => samplePending({ userId, reservedBytes: 1 });
const nothingToRepair = () => assert.fail('expected nothing to repair');

/** More than the owners that one snapshot compares. */
const OWNERS = Array.from({ length: 60 }, (_, n) => `owner ${100 + n}`);

type Harness = Awaited<ReturnType<typeof createUsageHarness>>;

describe('a recount in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const createHarness = () => createUsageHarness(server.postgres, UNLIMITED);

  it('keeps what it had repaired when it was interrupted', async () => {
    await using harness = await createHarness();
    for (const userId of ['ada', 'bob']) await harness.images.create(pendingOf(userId));
    await harness.plant('ada', { ...NO_USAGE, pending: 1 });
    const killed = () => {
      throw new Error('killed');
    };
    await assert.rejects(harness.usage.recount(NOW, killed), /killed/);
    assert.equal(await harness.usage.countedSince(), 'being-counted');
    await harness.images.create(pendingOf());
    await harness.usage.recount(NOW, nothingToRepair);
    assert.deepEqual(await harness.usage.countedSince(), NOW);
    assert.deepEqual((await harness.usage.usageOf('ada')).usage, { ...NO_USAGE, pending: 2, reservedBytes: 2 });
  });

  it('adds up more records than one statement reads, and those written meanwhile', async () => {
    await using harness = await createHarness();
    const { images, postgres, usage } = harness;
    const [pending, taken] = [pendingOf(), await addTaken(images, '2024-07-03T00:00:00.000')];
    await images.create(pending);
    const others = COLUMNS.filter((column) => column !== 'id');
    for (const { id } of [pending, taken])
      await postgres.change(
        `INSERT INTO images (id, ${others})
         SELECT id || n, ${others} FROM images, generate_series(1, 12000) n WHERE id = $1`,
        [id],
      );
    await postgres.change(
      `INSERT INTO captured_rows (user_id, name, at)
       SELECT user_id, name, CASE WHEN n <= 2500 THEN '2023' ELSE '2024' END || substr(at, 5) || n
       FROM captured_rows, generate_series(1, 12000) n WHERE name = ''`,
    );
    const writing = Array.from({ length: 30 }, () => images.create(pendingOf()));
    await Promise.all([usage.recount(NOW, () => undefined), ...writing]);
    const bytes = taken.sizeBytes * 12_001;
    const { usage: used, byStatus } = await usage.usageOf('ada');
    assert.deepEqual(used, { ...NO_USAGE, images: 12_001, bytes, pending: 12_031, reservedBytes: 12_031 });
    assert.deepEqual(byStatus, { ...NO_IMAGES, ready: 12_001, pending: 12_031 });
    for (const userId of ['ada', undefined])
      assert.deepEqual(await images.months({ userId, limit: 9 }), [
        { month: '2024-07', images: 9_501 },
        { month: '2023-07', images: 2_500 },
      ]);
    await usage.recount(NOW, nothingToRepair);
  });

  it('counts months of each owner and of all', async () => {
    await using harness = await createHarness();
    const { images, postgres } = harness;
    for (const userId of ['ada', 'bob', 'ada']) await addTaken(images, '2026-11-03T00:00:00.000', { userId });
    const plant = (userId: string, month: string, count: number) =>
      postgres.change("INSERT INTO captured_months VALUES ($1, $2, 8, $3), ('', $2, 8, $3)", [userId, month, count]);
    await plant('bob', '2026-11', 7);
    await postgres.change("UPDATE captured_months SET shard = 9 WHERE shard = 8 AND user_id = ''");
    await plant('eve', '1987-01', 3);
    await harness.usage.recount(NOW, nothingToRepair);
    const months = (count: number) => [{ month: '2026-11', images: count }];
    assert.deepEqual(await images.months({ userId: 'ada', limit: 9 }), months(2));
    assert.deepEqual(await images.months({ userId: 'bob', limit: 9 }), months(1));
    assert.deepEqual(await images.months({ userId: 'eve', limit: 9 }), []);
    assert.deepEqual(await images.months({ limit: 9 }), months(3));
  });

  it('takes over from one that runs, which fails, and none repairs twice', async () => {
    await using harness = await createHarness();
    const { postgres, usage } = harness;
    for (const userId of OWNERS) await harness.plant(userId, { ...NO_USAGE, pending: 1 });
    const running = async () => (await postgres.rows('SELECT recount FROM usage_counted'))[0]?.[0];
    let second: Promise<void> | undefined;
    const slow = beforeEach(postgres, { step: 'transaction', passes: 10 }, async () => {
      const first = await running();
      second ??= usage.recount(NOW, () => undefined);
      await until(async () => (await running()) !== first);
    });
    await assert.rejects(
      createPostgresUsage(slow, UNLIMITED).recount(NOW, () => undefined),
      { code: 'unavailable' },
    );
    await second;
    const { owners } = await usage.findOwners({ after: undefined, limit: 100 });
    assert.deepEqual(
      owners.map(({ userId, usage }) => [userId, usage]),
      OWNERS.map((userId) => [userId, NO_USAGE]),
    );
    assert.deepEqual(await usage.countedSince(), NOW);
  });

  for (const [who, end] of [
    ['a process that does not count has written', ({ uncounted }: Harness) => uncounted.create(pendingOf('zoe'))],
    ['a process has started without counting', ({ usage }: Harness) => usage.setCounted(null)],
  ] as const)
    for (const [when, at] of [
      ['before it reads', { step: 'snapshot', passes: 0 }],
      ['before it repairs', { step: 'transaction', passes: 1 }],
      ['before its end', { step: 'change', passes: 0 }],
    ] as const)
      it(`fails once ${who}, ${when}`, async () => {
        await using harness = await createHarness();
        await harness.usage.setCounted(NOW);
        await harness.plant('ada', { ...NO_USAGE, pending: 1 });
        const usage = createPostgresUsage(
          beforeEach(harness.postgres, at, () => end(harness)),
          UNLIMITED,
        );
        await assert.rejects(
          usage.recount(NOW, () => undefined),
          { code: 'unavailable' },
        );
        assert.equal(await usage.countedSince(), undefined);
        await harness.usage.recount(NOW, () => undefined);
        assert.deepEqual((await harness.usage.usageOf('ada')).usage, NO_USAGE);
        assert.deepEqual(await usage.countedSince(), NOW);
      });

  it('fails at once, if it was ended, also when there is nothing to repair', async () => {
    await using harness = await createHarness();
    for (const userId of OWNERS) await harness.images.create(pendingOf(userId));
    let reads = 0;
    const ended = beforeEach(harness.postgres, { step: 'snapshot', passes: 1 }, async () => {
      reads += 1;
      await harness.usage.setCounted(null);
    });
    await assert.rejects(createPostgresUsage(ended, UNLIMITED).recount(NOW, nothingToRepair), { code: 'unavailable' });
    assert.equal(reads, 1);
  });

  it('waits for a write without counting that began before it, and counts it', async () => {
    await using harness = await createHarness();
    const write = await writeUncounted(harness.postgres, pendingOf());
    const recounting = harness.usage.recount(NOW, () => undefined);
    await waitsForLock(harness.postgres).finally(write.end);
    await Promise.all([write.committed, recounting]);
    assert.deepEqual(await harness.usage.countedSince(), NOW);
    assert.deepEqual((await harness.usage.usageOf('ada')).usage, { ...NO_USAGE, pending: 1, reservedBytes: 1 });
  });

  it('fails if a write without counting ends after it', async () => {
    await using harness = await createHarness();
    let write: Awaited<ReturnType<typeof writeUncounted>> | undefined;
    const atEnd = beforeEach(harness.postgres, { step: 'change', passes: 0 }, async () => {
      write ??= await writeUncounted(harness.postgres, pendingOf());
    });
    const recounting = createPostgresUsage(atEnd, UNLIMITED).recount(NOW, nothingToRepair);
    await Promise.all([
      assert.rejects(recounting, { code: 'unavailable' }),
      waitsForLock(harness.postgres).finally(() => write?.end()),
    ]);
    await write?.committed;
    assert.equal(await harness.usage.countedSince(), undefined);
  });
});

interface Place {
  readonly step: 'snapshot' | 'transaction' | 'change';
  /** How many steps of that kind pass before. */
  readonly passes: number;
}

/** The database, with work before each step from some place on. */
function beforeEach(postgres: Postgres, { step, passes }: Place, work: () => Promise<unknown>): Postgres {
  let passed = 0;
  const run = postgres[step] as (...given: readonly unknown[]) => Promise<unknown>;
  return {
    ...postgres,
    async [step](...given: readonly unknown[]) {
      if (passed >= passes) await work();
      passed += 1;
      return run(...given);
    },
  };
}

/** Writes a record without counting it, and commits at the `end`. */
async function writeUncounted(postgres: Postgres, image: PendingImage) {
  const [written, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const committed = postgres.transaction(async (transaction) => {
    const values = COLUMNS.map((_, index) => `$${index + 1}`);
    transaction.send(`INSERT INTO images (${COLUMNS}) VALUES (${values})`, cellsOf(image, COLUMNS));
    createUncounted().count(transaction, undefined, image);
    await transaction.rows('SELECT 1');
    written.resolve();
    await ended.promise;
  });
  await written.promise;
  return { committed, end: () => ended.resolve() };
}

const waitsForLock = (postgres: Postgres): Promise<void> =>
  until(async () => {
    const waiting = await postgres.rows(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return waiting.length > 0;
  });
