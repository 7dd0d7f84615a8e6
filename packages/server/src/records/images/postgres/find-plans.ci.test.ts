// The long tier has a million images: `list-scale.long.test.ts`.
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import type { PlanMode } from '../../postgres/plans.fixture.ts';
import { everyFilter } from './every-filter.fixture.ts';
import { addManyImages, maintain } from './many-images.fixture.ts';
import { plannedPage } from './page-plans.fixture.ts';

const COUNT = 20_000;

describe(`pages of ${COUNT} images`, { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres, { connections: 1 });
    await addManyImages(database.postgres, COUNT);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const walk = (mode: PlanMode) => {
    for (const [name, queries] of Object.entries(everyFilter(COUNT)))
      it(`walk along indexes, ${name}`, async () => {
        for (const query of queries) await plannedPage(database.postgres, query, mode);
      });
  };

  // The plans that prepared statements keep may be made before the first vacuum.
  describe('before a vacuum, with plans for any parameters', () => walk('generic'));

  describe('after a vacuum', () => {
    before(() => maintain(database.postgres, 'VACUUM ANALYZE'));
    describe('with plans for any parameters', () => walk('generic'));
    describe('with plans for these parameters', () => walk('custom'));
  });
});
