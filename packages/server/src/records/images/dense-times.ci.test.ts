import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test/servers/dynoxide.ts';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { endBorrowing } from '../postgres/migrated-database.fixture.ts';
import { describeDenseTimes } from './dense-times.contract.ts';
import { createServedHarness } from './dynamodb/dynamodb-harness.fixture.ts';
import { createPostgresHarness } from './postgres/postgres-harness.fixture.ts';
import { createSqliteHarness } from './sqlite/sqlite-harness.fixture.ts';

describe('SQLite', () => describeDenseTimes(() => createSqliteHarness(), { searches: true }));

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  describeDenseTimes(() => createServedHarness(server.dynamo), { searches: false });
});

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(async () => {
    await endBorrowing(server.postgres);
    await server[Symbol.asyncDispose]();
  });
  describeDenseTimes(() => createPostgresHarness(server.postgres), { searches: true });
});
