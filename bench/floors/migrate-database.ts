import { openPostgres } from '../../packages/server/src/records/postgres/database.ts';
import { migrate } from '../../packages/server/src/records/postgres/migrations.ts';
import { MIGRATIONS } from '../../packages/server/src/records/postgres/schema.ts';

/** Makes the service's tables in an empty database. */
export async function migrateDatabase(url: string): Promise<void> {
  await using postgres = openPostgres({ url, connections: 1, prepares: true });
  await migrate(postgres, MIGRATIONS);
}
