// In the long tier: CI has the smallest budget.
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

  for (const readBudget of [1, 3, 10]) {
    describe(`with a read budget of ${readBudget}`, () => {
      describeFind(() => createPostgresHarness(server.postgres, { readBudget }));
      describePages(() => createPostgresHarness(server.postgres, { readBudget }));
      describeCapture(() => createPostgresHarness(server.postgres, { readBudget }));
      describeSearch(() => createPostgresHarness(server.postgres, { readBudget }));
    });
  }
});
