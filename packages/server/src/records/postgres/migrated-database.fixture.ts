import type { PostgresEndpoint } from '../../../../../test/servers/postgres.ts';
import { createDatabase } from '../../../../../test/servers/postgres-for-tests.ts';
import { openPostgres, type Postgres } from './database.ts';
import { migrate } from './migrations.ts';
import { MIGRATIONS } from './schema.ts';

export interface MigratedDatabase extends AsyncDisposable {
  readonly url: string;
  readonly postgres: Postgres;
}

/** A new database with all tables. */
export async function createMigratedDatabase(
  endpoint: PostgresEndpoint,
  { connections = 5, prepares = true } = {},
): Promise<MigratedDatabase> {
  const database = await createDatabase(endpoint);
  const postgres = openPostgres({ url: database.url, connections, prepares });
  await migrate(postgres, MIGRATIONS);
  return {
    url: database.url,
    postgres,
    async [Symbol.asyncDispose]() {
      await postgres[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
