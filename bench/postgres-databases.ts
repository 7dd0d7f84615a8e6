import { startPostgres } from '../test/servers/postgres.ts';
import { createDatabase } from '../test/servers/postgres-for-tests.ts';

/** A PostgreSQL as durable as it is by default, with databases of a bench, empty at first. */
export interface PostgresDatabases extends AsyncDisposable {
  /** The URL of a new one. */
  create(): Promise<string>;
}

export async function startPostgresDatabases(): Promise<PostgresDatabases> {
  const server = await startPostgres();
  return {
    create: async () => (await createDatabase(server.postgres)).url,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
