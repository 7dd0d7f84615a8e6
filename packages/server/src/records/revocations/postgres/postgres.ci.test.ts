import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { revocationOf } from '../../../domain/access/revocation.ts';
import { whileLocked } from '../../postgres/lock-waits.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { describeRevocationRepository } from '../revocation-repository.contract.ts';
import { createPostgresRevocationRepository } from './postgres.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const TOKEN = 'vAAAAAAAAAAAAAAAAAAAAAA';

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const database = await createMigratedDatabase(server.postgres);
    const { postgres } = database;
    const revocations = createPostgresRevocationRepository(postgres);
    return { postgres, revocations, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
  }

  describeRevocationRepository('PostgreSQL', createHarness);

  for (const which of ['first', 'second'] as const)
    it(`postpones the ${which} revocation if it is committed while another one waits`, async () => {
      await using harness = await createHarness();
      const { postgres, revocations } = harness;
      const revocation = revocationOf({ userId: 'ada', tokenId: null }, NOW);
      if (which === 'second') await revocations.add(revocationOf({ userId: 'ada', tokenId: null }, new Date(0)));
      const postponed = await whileLocked(
        postgres,
        (transaction) => createPostgresRevocationRepository(transaction).add(revocation),
        () => revocations.add(revocation),
      );
      assert.deepEqual(postponed, { ...revocation, notBefore: new Date(revocation.notBefore.getTime() + 1) });
      assert.deepEqual(await revocations.ofUser('ada'), postponed);
    });

  it('walks an index in each statement', async () => {
    await using harness = await createHarness();
    const { postgres } = harness;
    // A user with many revocations, a token of many users, and many of other users.
    await postgres.change(
      `INSERT INTO view_revocations SELECT 'ada', 't' || n, 0, n FROM generate_series(1, 10000) n UNION ALL
       SELECT 'user ' || n, $1, 0, n FROM generate_series(1, 10000) n UNION ALL
       SELECT 'user ' || n, '', 0, n FROM generate_series(1, 10000) n`,
      [TOKEN],
    );
    await postgres.change('ANALYZE view_revocations');
    const planned = withPlans(postgres);
    const revocations = createPostgresRevocationRepository(planned.postgres);
    for (const tokenId of [null, TOKEN]) await revocations.add(revocationOf({ userId: 'ada', tokenId }, NOW));
    assert.equal((await revocations.of({ userId: 'ada', id: TOKEN })).length, 2);
    assert.ok(await revocations.ofUser('ada'));
    const [, , ...reads] = await planned.plans();
    assert.equal(reads.length, 2);
    for (const plan of reads) {
      assert.match(plan, /Index Cond: .*user_id.*token_id/);
      assert.doesNotMatch(plan, /Seq Scan|Filter/);
    }
  });
});
