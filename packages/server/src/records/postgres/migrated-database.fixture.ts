import type { PostgresEndpoint } from '../../../../../test/servers/postgres.ts';
import { createDatabase, type TestDatabase } from '../../../../../test/servers/postgres-for-tests.ts';
import { openPostgres, type Postgres } from './database.ts';
import { migrate } from './migrations.ts';
import { MIGRATIONS } from './schema.ts';

export interface MigratedDatabase extends AsyncDisposable {
  readonly url: string;
  readonly postgres: Postgres;
}

/** By the URL of their server: databases with all tables, to copy. */
const templates = new Map<string, Promise<TestDatabase>>();

/** Nobody may be connected to a template while it is copied. */
async function createTemplate(endpoint: PostgresEndpoint): Promise<TestDatabase> {
  const database = await createDatabase(endpoint);
  await using postgres = openPostgres({ url: database.url, connections: 1, prepares: true });
  await migrate(postgres, MIGRATIONS);
  return database;
}

/** A new database with all tables. */
export async function createMigratedDatabase(
  endpoint: PostgresEndpoint,
  { connections = 5, prepares = true } = {},
): Promise<MigratedDatabase> {
  const known = templates.get(endpoint.url);
  const template = known ?? createTemplate(endpoint);
  if (!known) templates.set(endpoint.url, template);
  const database = await createDatabase(endpoint, (await template).url.slice(endpoint.url.length + 1));
  const postgres = openPostgres({ url: database.url, connections, prepares });
  return {
    url: database.url,
    postgres,
    async [Symbol.asyncDispose]() {
      await postgres[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
