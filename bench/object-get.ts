import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testImage } from '../test/pictures/test-images.ts';
import { answerTo, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 2;
const WARM_SECONDS = 4;
const CONNECTIONS = [1, 8, 32];

/** Measures one object, requested repeatedly by a presigned URL of the service's own store. */
export async function objectGet(): Promise<readonly Measurement[]> {
  const bytes = await testImage({ type: 'image/jpeg', width: 930, height: 620 });
  await using folder = await temporaryFolder();
  await using floorFolder = await temporaryFolder();
  const file = join(floorFolder.path, 'image.jpg');
  await writeFile(file, bytes);
  await using service = await startService({ folder: folder.path, environment: SILENT });
  await using floor = await startFloor('object-get', floorFolder.path, [file]);
  const id = await uploadPicture(service.origin, bytes, 'image/jpeg');
  const path = await presignedPath(service.origin, id);

  const contenders = (connections: number, seconds = SECONDS) => ({
    subject: () => getAgain(service.origin, path, connections, seconds),
    floor: () => getAgain(floor.origin, '/', connections, seconds),
  });
  for (const [origin, at] of [
    [service.origin, path],
    [floor.origin, '/'],
  ] as const) {
    const got = await answerTo(origin, { method: 'GET', path: at });
    if (!got.equals(bytes))
      throw new Error(`expected the ${bytes.length} bytes of the object; got ${got.length} others`);
  }
  await alternate(1, contenders(32, WARM_SECONDS));
  const measured: Measurement[] = [];
  for (const connections of CONNECTIONS) {
    const size = `${Math.round(bytes.length / 1024)} kB`;
    const what = `object-get, presigned, ${size}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    const rounds = await alternate(ROUNDS, contenders(connections));
    measured.push(compare(what, rounds, { unit: perSecond, goal: { atLeast: 0.4 } }));
  }
  return measured;
}

async function presignedPath(origin: string, id: string): Promise<string> {
  const answer = await answerTo(origin, { method: 'GET', path: `/images/${id}/download` });
  const { download_url } = JSON.parse(answer.toString()) as { download_url: string };
  return download_url.slice(origin.length);
}

/** Answers per second. */
async function getAgain(origin: string, path: string, connections: number, seconds: number): Promise<number> {
  return (await load({ origin, requests: [{ method: 'GET', path }], connections, seconds })).perSecond;
}
