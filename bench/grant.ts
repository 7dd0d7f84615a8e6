import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { GRANTS, type RecordedGrants, recordedGrants } from './recorded-grants.ts';
import { alternate } from './rounds.ts';

const ROUNDS = 5;
const SECONDS = 4;
/** Warms up V8's compiler. */
const WARM_SECONDS = 8;

export async function grant(): Promise<readonly Measurement[]> {
  await using service = await recordedGrants(async (folder) => ({
    program: await startService({ folder, environment: SILENT }),
    requests: GRANTS,
  }));
  await using each = await startRecordedFloor('each');
  await using grouped = await startRecordedFloor('grouped');
  for (const one of [service, each, grouped]) await one.load(64, WARM_SECONDS);

  const at = async (connections: number, floor: RecordedGrants) =>
    alternate(ROUNDS, {
      subject: () => service.load(connections, SECONDS),
      floor: () => floor.load(connections, SECONDS),
    });
  const measured = [
    compare('grant, 64 connections', await at(64, each), { unit: perSecond, goal: { atLeast: 2 } }),
    compare('grant, 1 connection', await at(1, each), { unit: perSecond, goal: { atLeast: 0.7 } }),
    compare('grant, 64 connections, floor groups commits too', await at(64, grouped), {
      unit: perSecond,
      goal: { atLeast: 0.5 },
    }),
  ];
  for (const one of [service, each, grouped]) await one.requireRecords();
  return measured;
}

const startRecordedFloor = (commits: 'each' | 'grouped'): Promise<RecordedGrants> =>
  recordedGrants(async (folder) => ({ program: await startFloor('grant', folder, [commits]), requests: GRANTS }));
