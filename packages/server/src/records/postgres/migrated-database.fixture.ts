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

/** Databases that harnesses have returned, empty, by the URL of their server. */
const returned = new Map<string, MigratedDatabase[]>();

/**
 * An empty database that another harness may have had before: making one costs more than most tests. Its user changes
 * rows only, and `endBorrowing` ends all of them.
 */
export async function borrowDatabase(endpoint: PostgresEndpoint): Promise<MigratedDatabase> {
  const database = returned.get(endpoint.url)?.pop() ?? (await createMigratedDatabase(endpoint));
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await empty(database.postgres);
      const others = returned.get(endpoint.url);
      if (others) others.push(database);
      else returned.set(endpoint.url, [database]);
    },
  };
}

/** Ends the databases that were returned: a test file calls it at its end. */
export async function endBorrowing({ url }: PostgresEndpoint): Promise<void> {
  const databases = returned.get(url) ?? [];
  returned.delete(url);
  for (const database of databases) await database[Symbol.asyncDispose]();
}

async function empty(postgres: Postgres): Promise<void> {
  const tables = await postgres.rows(
    "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'safelight_schema'",
  );
  await postgres.transaction(async (transaction) => {
    for (const [table] of tables) transaction.send(`DELETE FROM ${String(table)}`);
  });
}
