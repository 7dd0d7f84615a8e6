import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type PostgresEndpoint, startPostgres } from './postgres.ts';
import { askSharedServers, TEST_SERVERS_URL } from './shared-servers.ts';

export { NO_POSTGRES } from './postgres.ts';

export interface PostgresForTests extends AsyncDisposable {
  readonly postgres: PostgresEndpoint;
}

/** The run's PostgreSQL; a test file that is run by hand gets its own. */
export async function postgresForTests(): Promise<PostgresForTests> {
  const shared = process.env[TEST_SERVERS_URL];
  if (shared === undefined) return startPostgres();
  return { postgres: await askSharedServers(shared, 'postgres'), async [Symbol.asyncDispose]() {} };
}

export interface TestDatabase extends AsyncDisposable {
  /** For DATABASE_URL. */
  readonly url: string;
}

/** A new database, empty or a copy of `template`. */
export async function createDatabase({ url }: PostgresEndpoint, template?: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(url, `CREATE DATABASE ${name} ${template === undefined ? '' : `TEMPLATE ${template}`}`);
  return {
    url: `${url}/${name}`,
    [Symbol.asyncDispose]: () => administer(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

export async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${url}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
