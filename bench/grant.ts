import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type LoadRequest, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { type RunningProgram, SILENT, startFloor, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 4;
/** Warms up V8's compiler. */
const WARM_SECONDS = 8;
const USERS = 200;

const REQUESTS: readonly LoadRequest[] = Array.from({ length: USERS }, (_, index) => ({
  method: 'POST',
  path: '/images/upload',
  json: {
    user_id: `user-${index}`,
    content_type: 'image/jpeg',
    filename: `IMG_${index}.jpg`,
    tags: ['holiday', 'sea'],
    description: 'The harbour in the morning',
    metadata: { camera: 'Nikon Z 6' },
  },
}));

export async function grant(): Promise<readonly Measurement[]> {
  await using service = await recorded((folder) => startService({ folder, environment: SILENT }));
  await using each = await recorded((folder) => startFloor('grant', folder, ['each']));
  await using grouped = await recorded((folder) => startFloor('grant', folder, ['grouped']));
  for (const one of [service, each, grouped]) await one.load(64, WARM_SECONDS);

  const at = async (connections: number, floor: typeof each) =>
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
  for (const one of [service, each, grouped]) one.requireRecords();
  return measured;
}

/** A program on its own folder that must have a record for every answered grant. */
async function recorded(start: (folder: string) => Promise<RunningProgram>) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const program = stack.use(await start(folder.path));
  const held = stack.move();
  let answered = 0;
  return {
    async load(connections: number, seconds: number): Promise<number> {
      const { requests, perSecond } = await load({ origin: program.origin, requests: REQUESTS, connections, seconds });
      answered += requests;
      return perSecond;
    },
    requireRecords() {
      using database = new DatabaseSync(join(folder.path, 'data/safelight.db'), { readOnly: true });
      const records = Number(database.prepare('SELECT count(*) AS records FROM images').get()?.['records']);
      if (records < answered) throw new Error(`expected a record for each of ${answered} grants; got ${records}`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
