import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { type ApiKey, revoked, rotated } from '../../../domain/access/api-key.ts';
import { issued, later, sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import { openPostgres, type Statements } from '../../postgres/database.ts';
import { whileLocked } from '../../postgres/lock-waits.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { describeKeyRepository } from '../key-repository.contract.ts';
import { createPostgresKeyRepository } from './postgres.ts';

const rotation = (key: ApiKey, former?: ApiKey) =>
  rotated(key, { issued: issued(), now: later(1), overlapSeconds: 60, former });

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Two pools, as two processes have them. The second one prepares no statements, as with a PgBouncer. */
  async function createHarness() {
    await using stack = new AsyncDisposableStack();
    const { postgres, url } = stack.use(await createMigratedDatabase(server.postgres));
    const other = stack.use(openPostgres({ url, connections: 5, prepares: false }));
    const keys = createPostgresKeyRepository(postgres);
    const elsewhere = createPostgresKeyRepository(other);
    const held = stack.move();
    return { postgres, keys, elsewhere, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  describeKeyRepository('PostgreSQL', createHarness);

  const use = (statements: Statements, key: ApiKey) =>
    statements.change('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [key.id, later(2).getTime()]);
  const revoke = (statements: Statements, key: ApiKey) =>
    statements.change('UPDATE api_keys SET revoked_at = $2 WHERE id = $1', [key.id, later(2).getTime()]);

  it('does not revoke a successor whose first use is committed while the rotation waits', async () => {
    await using harness = await createHarness();
    const { postgres, keys } = harness;
    const key = sampleKey();
    await keys.create(key);
    const first = rotation(key);
    await keys.rotate(first);
    const next = rotation(first.ended, first.successor);
    const isRotated = await whileLocked(
      postgres,
      (transaction) => use(transaction, first.successor),
      () => keys.rotate(next),
    );
    assert.equal(isRotated, false);
    assert.deepEqual(await keys.get(key.id), first.ended);
    assert.deepEqual(await keys.get(first.successor.id), { ...first.successor, lastUsedAt: later(2) });
    assert.equal(await keys.get(next.successor.id), undefined);
    assert.equal(await keys.rotate(rotation(first.ended)), true, 'expected no lock to be left');
  });

  it('neither replaces nor uses a key whose revocation is committed while they wait', async () => {
    await using harness = await createHarness();
    const { postgres, keys } = harness;
    for (const late of [
      (key: ApiKey) => keys.replace(key, revoked(key, later(3))),
      (key: ApiKey) => keys.recordUse(key.id, later(3)),
    ]) {
      const key = sampleKey();
      await keys.create(key);
      const isWritten = await whileLocked(
        postgres,
        (transaction) => revoke(transaction, key),
        () => late(key),
      );
      assert.equal(isWritten, false);
      assert.deepEqual(await keys.get(key.id), { ...key, revokedAt: later(2) });
    }
  });

  it('writes nothing of a rotation whose successor has an id that is taken', async () => {
    await using harness = await createHarness();
    const { keys } = harness;
    const [key, other] = [sampleKey(), sampleKey()];
    for (const one of [key, other]) await keys.create(one);
    const { successor, ...rest } = rotation(key);
    await assert.rejects(keys.rotate({ ...rest, successor: { ...successor, id: other.id } }), { code: '23505' });
    assert.deepEqual(await keys.get(key.id), key);
    assert.deepEqual(await keys.get(other.id), other);
  });

  it('walks an index in each statement, without sorting', async () => {
    await using harness = await createHarness();
    const { postgres } = harness;
    const key = sampleKey();
    await harness.keys.create(key);
    await postgres.change(
      `INSERT INTO api_keys
       SELECT left(id, -5) || lpad(n::text, 5, '0'), secret_hash, name, 'user ' || n % 100, acts_as, scopes, created_at,
         expires_at, last_used_at, revoked_at, replaces, successor, keyspace
       FROM generate_series(1, 30000) n, api_keys ON CONFLICT DO NOTHING`,
    );
    await postgres.change('ANALYZE api_keys');
    const planned = withPlans(postgres);
    const keys = createPostgresKeyRepository(planned.postgres);
    await keys.get(key.id);
    await keys.recordUse(key.id, later(1));
    await keys.recordUse(key.id, later(1));
    await keys.replace(key, revoked(key, later(1)));
    for (const owner of [undefined, 'user 7']) {
      const { next } = await keys.find({ owner, after: undefined, limit: 10 });
      await keys.find({ owner, after: next ?? assert.fail(), limit: 100 });
    }
    const plans = await planned.plans();
    assert.equal(plans.length, 9);
    for (const plan of plans) {
      assert.match(plan, /Index Scan/);
      assert.doesNotMatch(plan, /Seq Scan|Sort/);
    }
  });
});
