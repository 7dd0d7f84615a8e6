import { after, before, describe } from 'node:test';
import { NO_POSTGRES, type PostgresForTests, postgresForTests } from '../../../../test/servers/postgres-for-tests.ts';
import { createMigratedDatabase } from '../../src/records/postgres/migrated-database.fixture.ts';
import type { CreateStores } from './fleet.ts';
import { createGatedService, withStores } from './gated-service.ts';
import type { CreateGated } from './on-each-store.ts';

/** The tests with records in PostgreSQL: each has a database of its own. */
export function onPostgres(describeTests: (createStores: CreateStores) => void): void {
  describe('on PostgreSQL', { skip: NO_POSTGRES }, () => {
    let server: PostgresForTests;
    before(async () => {
      server = await postgresForTests();
    });
    after(() => server[Symbol.asyncDispose]());

    describeTests(async () => {
      const database = await createMigratedDatabase(server.postgres);
      return {
        environment: { DATABASE_URL: database.url, SECRET_KEY: 's'.repeat(32) },
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    });
  });
}

export const gatedOn =
  (createStores: CreateStores): CreateGated =>
  async (gates, options) => {
    const stores = await createStores();
    const environment = { ...options?.environment, ...stores.environment };
    return withStores(await createGatedService(gates, { ...options, environment }), stores);
  };
