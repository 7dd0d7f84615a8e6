import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { type Deletion, NOTHING_REMOVED } from '../../../domain/user/deletion.ts';
import type { Erasure } from '../../../domain/user/erasure.ts';
import { whileLocked } from '../../postgres/lock-waits.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { describeErasureRepository } from '../erasure-repository.contract.ts';
import { deletionJson } from '../stored-deletion.ts';
import { createPostgresErasureRepository } from './postgres.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const [KEY, OTHER_KEY] = ['ab'.repeat(32), 'cd'.repeat(32)];

const erasureOf = (id: string, minutes: number): Erasure => ({
  id,
  userHash: 'ada',
  imageIds: [],
  erasedAt: NOW,
  blockedUntil: later(minutes),
});

const OPEN: Deletion = {
  userHash: 'ada',
  userId: 'ada',
  startedAt: NOW,
  blockedUntil: later(2),
  urlsEndAt: later(1),
  endedAt: null,
  askedBy: null,
  counts: NOTHING_REMOVED,
};

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const database = await createMigratedDatabase(server.postgres);
    const { postgres } = database;
    const erasures = createPostgresErasureRepository(postgres);
    return { postgres, erasures, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
  }

  describeErasureRepository('PostgreSQL', createHarness);

  it('keeps the key of the process that commits first, also if another one has found none', async () => {
    await using harness = await createHarness();
    const { postgres, erasures } = harness;
    const key = await whileLocked(
      postgres,
      (transaction) => createPostgresErasureRepository(transaction).addKey(KEY),
      () => erasures.addKey(OTHER_KEY),
    );
    assert.equal(key, KEY);
    assert.equal(await erasures.key(), KEY);
  });

  it('keeps the latest end of a block that two processes write at once', async () => {
    await using harness = await createHarness();
    const { postgres, erasures } = harness;
    await erasures.addKey(KEY);
    for (const [early, late] of [
      [1, 2],
      [4, 3],
    ] as const)
      await whileLocked(
        postgres,
        (transaction) => createPostgresErasureRepository(transaction).add(erasureOf(`early ${early}`, early)),
        () => erasures.add(erasureOf(`late ${late}`, late)),
      );
    assert.deepEqual(await erasures.blocks(NOW), { key: KEY, until: new Map([['ada', later(4)]]) });
    assert.equal((await erasures.of('ada')).length, 4);
  });

  it('walks an index in each statement, without sorting', async () => {
    await using harness = await createHarness();
    const { postgres } = harness;
    await harness.erasures.addKey(KEY);
    await postgres.change(
      `INSERT INTO erasures SELECT lpad(n::text, 8, '0'), 'user ' || n % 200, 0, n, ''
       FROM generate_series(1, 20000) n`,
    );
    await postgres.change("INSERT INTO erasure_blocks SELECT 'user ' || n, n FROM generate_series(1, 20000) n");
    await postgres.change(
      "INSERT INTO deletions SELECT 'user ' || n, n % 5000 = 0, $1 FROM generate_series(1, 20000) n",
      [deletionJson(OPEN)],
    );
    for (const table of ['erasures', 'erasure_blocks', 'deletions']) await postgres.change(`ANALYZE ${table}`);
    const planned = withPlans(postgres);
    const erasures = createPostgresErasureRepository(planned.postgres);
    for await (const erasure of erasures.all()) if (erasure.id > '00000030') break;
    assert.equal((await erasures.of('user 7')).length, 100);
    assert.equal((await erasures.blocks(new Date(19_990)))?.until.size, 10);
    assert.equal(await erasures.deletion('nobody'), undefined);
    assert.equal((await erasures.openDeletions()).length, 4);
    const plans = await planned.plans();
    assert.equal(plans.length, 6);
    for (const plan of plans) {
      assert.match(plan, /Index (?:Only )?Scan/);
      assert.doesNotMatch(plan, /Seq Scan on (?!erasure_key)/);
    }
  });
});
