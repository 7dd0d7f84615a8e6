import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../records/postgres/migrated-database.fixture.ts';
import { STATEMENTS, takeStatement } from './job-statements.ts';

const MANY = 20_000;

const ARGUMENTS = {
  send: "'{}', '{}'",
  extend: '1, 1',
  postpone: '1, 1, 1',
  remove: '1, 1',
  giveBack: "'{}', '{}', 1",
  bury: "'{}', '{}', '{}'",
  forget: '',
  countDead: '',
  take: '',
} satisfies Record<keyof typeof STATEMENTS | 'take', string>;

describe('the plan of a queue statement', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres);
    const { postgres } = database;
    await postgres.change(
      "INSERT INTO jobs (body, due_at, attempt) SELECT repeat('x', 150), n, 0 FROM generate_series(1, $1::bigint) AS n",
      [MANY],
    );
    await postgres.change(
      "INSERT INTO dead_letters SELECT n, n, repeat('x', 150), '' FROM generate_series(1, $1::bigint) AS n",
      [MANY],
    );
    await postgres.change('ANALYZE');
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  for (const [name, sql] of Object.entries({ ...STATEMENTS, take: takeStatement(10) })) {
    it(`walks indexes: ${name}`, async () => {
      const client = await database.postgres.connect();
      try {
        await client.query('SET plan_cache_mode = force_generic_plan');
        await client.query(`PREPARE one AS ${sql}`);
        const values = ARGUMENTS[name as keyof typeof ARGUMENTS];
        const text = `EXPLAIN EXECUTE one${values && `(${values})`}`;
        const { rows } = await client.query<string[]>({ text, rowMode: 'array' });
        const steps = rows.map(([step]) => step).join('\n');
        assert.doesNotMatch(steps, /Seq Scan|Sort/);
        if (name !== 'send') assert.match(steps, /Index (?:Only )?Scan|Tid Scan/);
      } finally {
        await client.end();
      }
    });
  }
});
