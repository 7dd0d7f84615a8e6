import { after, before, describe } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { describeEventLog } from '../event-log.contract.ts';
import { createPostgresLogHarness } from './postgres-log-harness.fixture.ts';

describe('a log in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeEventLog('PostgreSQL', () => createPostgresLogHarness(server.postgres));
});
