import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_PGBOUNCER, type Pgbouncer, startPgbouncer } from '../../../../../test/servers/pgbouncer.ts';
import {
  createDatabase,
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
  type TestDatabase,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { openPostgres, type Postgres } from './database.ts';
import { codeOf } from './postgres-error.ts';

const CALLERS = 20;
const SERVER_CONNECTIONS = 3;

describe('a PostgreSQL database behind PgBouncer in transaction mode', { skip: NO_POSTGRES || NO_PGBOUNCER }, () => {
  let server: PostgresForTests;
  let pgbouncer: Pgbouncer;
  let database: TestDatabase;
  let postgres: Postgres;
  before(async () => {
    server = await postgresForTests();
    pgbouncer = await startPgbouncer(server.postgres, { connections: SERVER_CONNECTIONS });
    database = await createDatabase(server.postgres);
    const url = `${pgbouncer.postgres.url}${new URL(database.url).pathname}`;
    postgres = openPostgres({ url, connections: CALLERS, prepares: false });
    await postgres.change('CREATE TABLE texts (n bigint PRIMARY KEY, text text COLLATE "C" NOT NULL)');
  });
  after(async () => {
    await postgres[Symbol.asyncDispose]();
    await pgbouncer[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('answers each statement of many transactions at once, and undoes those that fail', async () => {
    const failure = new Error('of the caller');
    const write = (n: number) =>
      postgres.transaction(async (transaction) => {
        transaction.send('INSERT INTO texts VALUES ($1, $2)', [n, `text ${n}`]);
        const text = transaction.rows('SELECT text FROM texts WHERE n = $1', [n]);
        if (n % 10 === 3) transaction.send('INSERT INTO texts VALUES ($1, $2)', [n, 'a second one']);
        const number = transaction.rows('SELECT $1::bigint', [n]);
        if (n % 10 === 5) throw failure;
        return [await text, await number];
      });
    const outcomes = await Promise.allSettled(Array.from({ length: 500 }, (_, n) => write(n)));
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') assert.deepEqual(outcome.value, [[[`text ${n}`]], [[n]]]);
      else if (n % 10 === 5) assert.equal(outcome.reason, failure);
      else assert.ok(n % 10 === 3 && ['23505', '25P02'].includes(codeOf(outcome.reason) ?? ''), `${n}`);
    }
    const kept = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [[n]] : []));
    assert.equal(kept.length, 400);
    assert.deepEqual(await postgres.rows('SELECT n FROM texts WHERE n < 500 ORDER BY n'), kept);
  });

  it('shares few connections of the server', async () => {
    await Promise.all(Array.from({ length: CALLERS }, () => postgres.rows('SELECT pg_sleep(0.01)')));
    assert.ok(postgres.load().open > SERVER_CONNECTIONS);
    const used = 'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = $1';
    const [row] = await postgres.rows(used, ['client backend']);
    assert.ok(Number(row?.[0]) <= SERVER_CONNECTIONS, `${row?.[0]}`);
  });

  it('shows one moment to all statements of a snapshot', async () => {
    const count = 'SELECT count(*) FROM texts WHERE n BETWEEN 3000 AND 3001';
    await postgres.change("INSERT INTO texts VALUES (3000, 'a')");
    const counts = await postgres.snapshot(async (statements) => {
      const first = await statements.rows(count);
      await postgres.change("INSERT INTO texts VALUES (3001, 'b')");
      return [first, await statements.rows(count)];
    });
    assert.deepEqual([...counts, await postgres.rows(count)], [[[1]], [[1]], [[2]]]);
  });

  it('repeats the victim of a deadlock', async () => {
    await postgres.change("INSERT INTO texts VALUES (1000, ''), (1001, '')");
    const met = Promise.withResolvers<void>();
    let waiting = 0;
    let runs = 0;
    const add = (first: number, second: number) =>
      postgres.transaction(async (transaction) => {
        runs += 1;
        await transaction.change("UPDATE texts SET text = text || 'x' WHERE n = $1", [first]);
        waiting += 1;
        if (waiting === 2) met.resolve();
        await met.promise;
        transaction.send("UPDATE texts SET text = text || 'x' WHERE n = $1", [second]);
      });
    await Promise.all([add(1000, 1001), add(1001, 1000)]);
    assert.ok(runs >= 3, `${runs} runs`);
    const texts = await postgres.rows('SELECT text FROM texts WHERE n BETWEEN 1000 AND 1001');
    assert.deepEqual(texts, [['xx'], ['xx']]);
  });

  it('is unavailable to a transaction whose connection of the server ends, and changes nothing', async () => {
    const broken = postgres.transaction(async (transaction) => {
      const [row] = await transaction.rows('SELECT pg_backend_pid()');
      await transaction.change("INSERT INTO texts VALUES (2000, 'a')");
      await postgres.rows('SELECT pg_terminate_backend($1::integer, 10000)', [Number(row?.[0])]);
      await transaction.rows('SELECT 1');
    });
    await assert.rejects(broken, { code: 'unavailable' });
    assert.deepEqual(await postgres.rows('SELECT n FROM texts WHERE n = 2000'), []);
  });
});
