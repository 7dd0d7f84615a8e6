import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { BUSY_OWNER, dataset } from './dataset.ts';
import { listAnswer, listRequest, PAGE } from './list-pages.ts';
import { answerTo, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { type RunningProgram, SILENT, startFloor, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_SECONDS = 8;
const IMAGES = 1_000;
/** The service's name for its bucket, in every `s3_url`. */
const BUCKET = 'safelight';

export async function list(): Promise<readonly Measurement[]> {
  const request = listRequest({ user_id: BUSY_OWNER });
  const folder = await dataset(IMAGES);
  await using floorFolder = await temporaryFolder();
  await using loggingFolder = await temporaryFolder();
  await cp(folder, loggingFolder.path, { recursive: true });
  await using service = await startService({ folder, environment: SILENT });
  await using logging = await startService({ folder: loggingFolder.path });
  const { count, next_cursor, images } = await listAnswer(service.origin, request);
  if (count !== PAGE || next_cursor === null) throw new Error(`expected ${PAGE} images and more; got ${count}`);
  const [first] = images;
  const renditions = JSON.stringify(first?.renditions).replaceAll(first?.image_id ?? '', '{id}');
  const args = [join(folder, 'data'), BUSY_OWNER, BUCKET, next_cursor, renditions];
  await using rows = await startFloor('list', floorFolder.path, ['rows', ...args]);
  await using same = await startFloor('list', floorFolder.path, ['same', ...args]);
  if (!(await answerTo(service.origin, request)).equals(await answerTo(same.origin, request))) {
    throw new Error("expected the floor's body to be the service's to the byte; it is not");
  }

  const against = (floor: RunningProgram, connections: number, subject = service) => {
    const once = (origin: string) => async () =>
      (await load({ origin, requests: [request], connections, seconds: SECONDS })).perSecond;
    return alternate(ROUNDS, { subject: once(subject.origin), floor: once(floor.origin) });
  };
  for (const { origin } of [service, logging, rows, same]) {
    await load({ origin, requests: [request], connections: 8, seconds: WARM_SECONDS });
  }
  const measured: Measurement[] = [];
  for (const connections of [1, 8, 32]) {
    const what = `list, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    const againstRows = await against(rows, connections);
    const againstSame = await against(same, connections);
    measured.push(
      compare(`${what}, floor answers its rows`, againstRows, { unit: perSecond, goal: { atLeast: 0.8 } }),
      compare(`${what}, floor answers the same bytes`, againstSame, { unit: perSecond, goal: { atLeast: 1 } }),
    );
  }
  const withLog = await against(service, 8, logging);
  measured.push(compare('list, 8 connections, with its log / without', withLog, { unit: perSecond }));
  return measured;
}
