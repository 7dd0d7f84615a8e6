import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { NOW } from '../../images/sample-images.fixture.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { describeEventLog } from '../event-log.contract.ts';
import { createPostgresEventLog } from './postgres.ts';
import { createPostgresLogHarness, newImageIn } from './postgres-log-harness.fixture.ts';

type Harness = Awaited<ReturnType<typeof createPostgresLogHarness>>;

const DAY_MS = 86_400_000;
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

describe('a log in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const create = () => createPostgresLogHarness(server.postgres);

  describeEventLog('PostgreSQL', create);

  it('removes old entries in short transactions, and a bounded number in a round', async () => {
    await using harness = await create();
    await addEntries(harness, { count: 50_700, at: NOW });
    await addEntries(harness, { shard: 7, count: 1_200, at: NOW, userId: 'ada' });
    await harness.log.forget(later(1), later(2));
    assert.equal(await countOf(harness), 700);
    assert.deepEqual(await forgottenOf(harness), [50_000, 1_200]);
    let longest = 0;
    const watched = createPostgresEventLog({
      ...harness.postgres,
      async change(sql, parameters) {
        const changed = await harness.postgres.change(sql, parameters);
        longest = Math.max(longest, changed);
        return changed;
      },
    });
    await watched.forget(later(1), later(2));
    assert.equal(await countOf(harness), 0);
    await addEntries(harness, { count: 1_200, at: NOW });
    assert.equal(await watched.eraseUser('bob'), 1_200);
    assert.equal(longest, 500);
  });

  it('goes on removing behind entries of a clock that was ahead, but not by a clock that is behind', async () => {
    await using harness = await create();
    const { log } = harness;
    for (const at of [NOW, later(400), NOW, later(401)]) await addEntries(harness, { count: 600, at });
    await addEntries(harness, { count: 1, at: later(9) });
    await log.forget(later(-20), later(-12));
    assert.equal(await countOf(harness), 2_401, 'nothing is old');
    await log.forget(later(1), later(9));
    assert.equal(await countOf(harness), 1);
    await addEntries(harness, { count: 5, at: later(10) });
    await addEntries(harness, { count: 1, at: later(400) });
    await log.forget(later(2), later(10));
    assert.equal(await countOf(harness), 7, 'the newest may be right');
  });

  it('forgets in a shard what it removes there, beside writers', async () => {
    await using harness = await create();
    const { log, events, postgres } = harness;
    await addEntries(harness, { count: 1_200, at: NOW });
    harness.setNow(later(5));
    const writing = Array.from({ length: 20 }, () =>
      postgres.transaction(async (transaction) => events.changed(transaction, undefined, newImageIn(3))),
    );
    await Promise.all([...writing, log.forget(later(1), later(5)), log.forget(later(1), later(5))]);
    assert.deepEqual([await countOf(harness), await forgottenOf(harness)], [20, [1_200]]);
    const { events: found } = await log.read({ shard: 3, after: 1_200, until: 1_220, limit: 99 });
    assert.equal(found.length, 20);
  });

  it('walks an index in each statement, also for an owner who has most events or none', async () => {
    await using harness = await create();
    const { postgres } = harness;
    for (const shard of [1, 2, 3]) {
      await addEntries(harness, { shard, count: 200, at: NOW, userId: 'ada' });
      await addEntries(harness, { shard, count: 20_000, at: NOW });
    }
    await postgres.change('ALTER TABLE events SET (autovacuum_enabled = off)'); // plans are made after the removals
    await postgres.change('ANALYZE');
    const planned = withPlans(postgres);
    const log = createPostgresEventLog(planned.postgres);
    const query = { shard: 2, after: 0, until: 20_200, limit: 100 };
    const plansOf = async (work: () => Promise<unknown>): Promise<string> => {
      await work();
      const plans = (await planned.plans()).join('\n');
      assert.doesNotMatch(plans, /Seq Scan on events|Sort/, plans);
      return plans;
    };
    assert.match(await plansOf(() => log.read(query)), /Index Scan using events_pkey/);
    for (const userId of ['bob', 'ada', 'nobody']) {
      const plan = await plansOf(() => log.read({ ...query, userId }));
      assert.match(plan, /Index Scan using events_of_user/);
      assert.doesNotMatch(plan, /Filter/);
    }
    for (const userId of ['ada', 'bob'])
      assert.match(await plansOf(() => log.eraseUser(userId)), /Index Only Scan using events_of_user/);
    await plansOf(() => log.forget(later(1), later(2)));
  });
});

interface Entries {
  readonly shard?: number;
  readonly count: number;
  readonly at: Date;
  readonly userId?: string;
}

async function addEntries({ postgres }: Harness, { shard = 3, count, at, userId = 'bob' }: Entries): Promise<void> {
  await postgres.change(
    `WITH raised AS (UPDATE event_shards SET last = last + $2 WHERE shard = $1 RETURNING last)
     INSERT INTO events (shard, sequence, type, image_id, user_id, revision, status, changed, at, logged_at)
     SELECT $1, last - $2 + n, 'image.ready', '0198f0a0-0000-7000-8000-000000000001', $4, n, 'ready', '', 0, $3
     FROM raised CROSS JOIN generate_series(1, $2) AS n`,
    [shard, count, at.getTime(), userId],
  );
}

const countOf = async ({ postgres }: Harness): Promise<number> =>
  Number((await postgres.rows('SELECT count(*) FROM events'))[0]?.[0]);

/** The shards that have forgotten something. */
const forgottenOf = async ({ log }: Harness): Promise<readonly number[]> =>
  (await log.head()).forgotten.filter((forgotten) => forgotten > 0);
