import { rowsInPostgres } from './count-rows.ts';
import type { Measurement } from './measurement.ts';
import { startPostgresDatabases } from './postgres-databases.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { smallUploads } from './upload-small.ts';

/** The same with records in PostgreSQL, beside a floor that sends their statements by `pg` alone. */
export async function uploadSmallPostgres(): Promise<readonly Measurement[]> {
  await using databases = await startPostgresDatabases();
  const [url, floorUrl] = [await databases.create(), await databases.create()];
  return await smallUploads('upload-small-postgres', {
    subject: async (folder) => ({
      program: await startService({ folder, environment: { ...SILENT, DATABASE_URL: url } }),
      countRows: rowsInPostgres(url),
    }),
    floor: async (folder) => ({
      program: await startFloor('upload-small-postgres', folder, [floorUrl]),
      countRows: rowsInPostgres(floorUrl),
    }),
  });
}
