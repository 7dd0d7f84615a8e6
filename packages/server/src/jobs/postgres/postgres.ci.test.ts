import { after, before, describe } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { describeJobQueue } from '../job-queue.contract.ts';
import { createPostgresHarness } from './postgres-harness.fixture.ts';

describe('the PostgreSQL job queue', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeJobQueue('PostgreSQL', () => createPostgresHarness(server.postgres));
});
