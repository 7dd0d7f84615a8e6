import { after, before, describe } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { endBorrowing } from '../../postgres/migrated-database.fixture.ts';
import { describeCapture } from '../capture.contract.ts';
import { describeFind } from '../find.contract.ts';
import { describePages } from '../find-pages.contract.ts';
import { describeImageRepository } from '../image-repository.contract.ts';
import { describeMonths } from '../months.contract.ts';
import { describeSearch } from '../search.contract.ts';
import { createPostgresHarness } from './postgres-harness.fixture.ts';

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(async () => {
    await endBorrowing(server.postgres);
    await server[Symbol.asyncDispose]();
  });

  describeImageRepository('PostgreSQL', () => createPostgresHarness(server.postgres));
  describeCapture(() => createPostgresHarness(server.postgres));
  describeMonths(() => createPostgresHarness(server.postgres), ['ada', undefined]);
  describeSearch(() => createPostgresHarness(server.postgres));

  describe('with a read budget of 1', () => {
    describeFind(() => createPostgresHarness(server.postgres, { readBudget: 1 }));
    describePages(() => createPostgresHarness(server.postgres, { readBudget: 1 }));
  });
});
