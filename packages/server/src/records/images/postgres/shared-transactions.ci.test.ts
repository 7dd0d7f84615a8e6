import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Postgres } from '../../postgres/database.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { shareTransactions } from './shared-transactions.ts';

describe('transactions that work shares', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const counting = (postgres: Postgres) => {
    let transactions = 0;
    const counted: Postgres = {
      ...postgres,
      transaction(work) {
        transactions += 1;
        return postgres.transaction(work);
      },
    };
    return { counted, transactions: () => transactions };
  };

  const adding =
    (id: string, isKept = true) =>
    async (transaction: { send(sql: string, values: string[]): void }) => {
      transaction.send('INSERT INTO write_checks (id) VALUES ($1)', [id]);
      return { result: id, isKept };
    };

  const stored = async (): Promise<readonly unknown[]> => {
    const rows = await database.postgres.rows('DELETE FROM write_checks RETURNING id');
    return rows.map(([id]) => id).toSorted();
  };

  it('are few for what waits under one key, and keep what is to be kept', async () => {
    const { counted, transactions } = counting(database.postgres);
    const run = shareTransactions(counted);
    const ids = Array.from({ length: 120 }, (_, n) => `${1_000 + n}`);
    const results = await Promise.all(ids.map((id, n) => run('ada', adding(id, n % 3 > 0))));
    assert.deepEqual(results, ids);
    assert.deepEqual(
      await stored(),
      ids.filter((_, n) => n % 3 > 0),
    );
    assert.equal(transactions(), 4); // one, 50, 50 and 19
  });

  it('are repeated for each if one has a fault of its own', async () => {
    const run = shareTransactions(database.postgres);
    const outcomes = await Promise.allSettled(['a', 'b', 'b', 'c'].map((id) => run('ada', adding(id))));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await stored(), ['a', 'b', 'c']);
  });

  it('fail together if nobody knows whether they were committed', async () => {
    const away = new AppError('unavailable', 'no answer');
    let runs = 0;
    const run = shareTransactions({
      ...database.postgres,
      async transaction() {
        runs += 1;
        throw away;
      },
    });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((id) => run('ada', adding(id))));
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === away));
    assert.equal(runs, 2, 'the first alone, and the two behind it together');
  });
});
