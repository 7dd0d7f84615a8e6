import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { whileLocked } from '../../postgres/lock-waits.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { describeCoordination } from '../coordination.contract.ts';
import { createPostgresCoordination } from './postgres.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const held = (holder: string, until: Date) => ({ name: 'sweep-incoming', holder, until }) as const;

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const database = await createMigratedDatabase(server.postgres);
    const { postgres } = database;
    const coordination = createPostgresCoordination(postgres);
    return { postgres, coordination, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
  }

  describeCoordination('PostgreSQL', createHarness);

  for (const state of ['new', 'lapsed'] as const)
    it(`gives a ${state} lease to the holder that commits first, and not to one that waits for it`, async () => {
      await using harness = await createHarness();
      const { postgres, coordination } = harness;
      if (state === 'lapsed') await coordination.holdLease(held('former', later(-1)), later(-60));
      const isHeld = await whileLocked(
        postgres,
        (transaction) => createPostgresCoordination(transaction).holdLease(held('a', later(60)), NOW),
        () => coordination.holdLease(held('b', later(60)), NOW),
      );
      assert.equal(isHeld, false);
      assert.equal(await coordination.renewLease(held('a', later(90)), later(1)), true);
    });

  it('does not renew a lease that another holder takes while the renewal waits', async () => {
    await using harness = await createHarness();
    const { postgres, coordination } = harness;
    await coordination.holdLease(held('a', later(60)), NOW);
    const isRenewed = await whileLocked(
      postgres,
      (transaction) => createPostgresCoordination(transaction).holdLease(held('b', later(120)), later(60)),
      () => coordination.renewLease(held('a', later(90)), later(59)), // its clock is behind
    );
    assert.equal(isRenewed, false);
    assert.equal(await coordination.holdLease(held('a', later(120)), later(61)), false);
  });
});
