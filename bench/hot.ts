import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testImage } from '../packages/server/test/test-images.ts';
import { answerTo, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_SECONDS = 8;
const CONNECTIONS = [1, 8, 32];

/** The same original again and again. */
export async function hot(): Promise<readonly Measurement[]> {
  const bytes = await testImage({ type: 'image/jpeg', width: 640, height: 440 });
  await using serviceFolder = await temporaryFolder();
  await using floorFolder = await temporaryFolder();
  const file = join(floorFolder.path, 'image.jpg');
  await writeFile(file, bytes);
  await using service = await startService({ folder: serviceFolder.path, environment: SILENT });
  await using floor = await startFloor('hot', floorFolder.path, [file]);
  const uploaded = await fetch(`${service.origin}/images/upload?user_id=ada`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: new Uint8Array(bytes),
  });
  const { image_id } = (await uploaded.json()) as { image_id: string };
  const request = { method: 'GET', path: `/images/${image_id}` } as const;
  for (const { origin } of [service, floor]) {
    if (!(await answerTo(origin, request)).equals(bytes)) throw new Error('expected the image; came other bytes');
  }

  const once =
    (origin: string, connections: number, seconds = SECONDS) =>
    async () =>
      (await load({ origin, requests: [request], connections, seconds })).perSecond;
  for (const { origin } of [service, floor]) await once(origin, 32, WARM_SECONDS)();
  const measured: Measurement[] = [];
  for (const connections of CONNECTIONS) {
    const contenders = { subject: once(service.origin, connections), floor: once(floor.origin, connections) };
    const what = `hot, an original of ${Math.round(bytes.length / 1024)} kB, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    measured.push(compare(what, await alternate(ROUNDS, contenders), { unit: perSecond, goal: { atLeast: 0.6 } }));
  }
  return measured;
}
