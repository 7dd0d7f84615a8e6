import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testImage } from '../test/pictures/test-images.ts';
import { shareOut } from './clients.ts';
import { answerTo, askEachOnce } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
/** Per round: some seconds of work. */
const IMAGES = 300;
const WARM_ROUNDS = 2;
const CONNECTIONS = [1, 8];
const UPLOADING_CLIENTS = 8;

/** Deletes of ready images that were stored just before: durable, and without their bytes, when answered. */
export async function deletion(): Promise<readonly Measurement[]> {
  const bytes = await testImage({ type: 'image/jpeg', width: 400, height: 267 });
  await using folder = await temporaryFolder();
  await using floorFolder = await temporaryFolder();
  const file = join(floorFolder.path, 'image.jpg');
  await writeFile(file, bytes);
  await using service = await startService({ folder: folder.path, environment: SILENT });
  await using floor = await startFloor('delete', floorFolder.path, [file]);

  const contenders = (connections: number) => ({
    subject: async () => deleteAll(service.origin, await uploaded(service.origin, bytes), connections),
    floor: async () => deleteAll(floor.origin, await stored(floor.origin), connections),
  });
  await alternate(WARM_ROUNDS, contenders(8));
  const measured: Measurement[] = [];
  for (const connections of CONNECTIONS) {
    const what = `delete, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    const rounds = await alternate(ROUNDS, contenders(connections));
    measured.push(compare(what, rounds, { unit: perSecond, goal: { atLeast: 0.5 } }));
  }
  return measured;
}

async function uploaded(origin: string, bytes: Buffer): Promise<string[]> {
  const paths: string[] = [];
  await shareOut(Array(IMAGES).keys(), UPLOADING_CLIENTS, async () => {
    paths.push(`/images/${await uploadPicture(origin, bytes, 'image/jpeg')}`);
  });
  return paths;
}

async function stored(origin: string): Promise<string[]> {
  return JSON.parse(String(await answerTo(origin, { method: 'POST', path: `/?count=${IMAGES}` }))) as string[];
}

/** Deletes per second. */
async function deleteAll(origin: string, paths: readonly string[], connections: number): Promise<number> {
  const requests = paths.map((path) => ({ method: 'DELETE', path }) as const);
  return paths.length / (await askEachOnce({ origin, requests, connections }));
}
