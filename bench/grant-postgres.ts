import { rowsInPostgres } from './count-rows.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { startPostgresDatabases } from './postgres-databases.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { GRANTS, recordedGrants } from './recorded-grants.ts';
import { alternate } from './rounds.ts';

const ROUNDS = 5;
const SECONDS = 4;
/** Warms up V8's compiler. */
const WARM_SECONDS = 8;

/** Grants whose records are in PostgreSQL, beside their statements by `pg` alone. */
export async function grantPostgres(): Promise<readonly Measurement[]> {
  await using databases = await startPostgresDatabases();
  const [url, floorUrl] = [await databases.create(), await databases.create()];
  await using service = await recordedGrants(async (folder) => ({
    program: await startService({ folder, environment: { ...SILENT, DATABASE_URL: url } }),
    requests: GRANTS,
    countRows: rowsInPostgres(url),
  }));
  await using floor = await recordedGrants(async (folder) => ({
    program: await startFloor('grant-postgres', folder, [floorUrl, JSON.stringify(GRANTS[0]?.json)]),
    requests: GRANTS,
    countRows: rowsInPostgres(floorUrl),
  }));
  for (const one of [service, floor]) await one.load(64, WARM_SECONDS);

  const measured: Measurement[] = [];
  for (const connections of [64, 1]) {
    const rounds = await alternate(ROUNDS, {
      subject: () => service.load(connections, SECONDS),
      floor: () => floor.load(connections, SECONDS),
    });
    const what = `grant-postgres, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    measured.push(compare(what, rounds, { unit: perSecond, goal: { atLeast: 0.5 } }));
  }
  for (const one of [service, floor]) await one.requireRecords();
  return measured;
}
