import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import type { ImageId } from '../packages/server/src/domain/image/image-id.ts';
import { logEvents } from '../packages/server/src/observe/log/event-log.ts';
import { createLogger, type Logger } from '../packages/server/src/observe/log/logger.ts';
import { startWorker } from '../packages/server/src/run/worker.ts';
import { createTestService, post, type TestService } from '../packages/server/test/services/service.ts';
import { holdSweeps } from '../packages/server/test/upkeep/held-sweeps.ts';
import { testImage } from '../test/pictures/test-images.ts';
import { shareOut } from './clients.ts';
import { startFloorProcesses } from './floor-processes.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const IMAGES = 16;
const ENVIRONMENT = {
  PRESETS: 'thumb:w=256&h=256 medium:w=1024&h=1024 large:w=2048&h=2048',
  EAGER_PRESETS: 'thumb,medium,large',
};
/** The presets' formats; the floor makes the same. */
const EXPECTED = ['256 x 192 heif', '1024 x 768 webp', '2048 x 1536 webp'];
const LONGEST_SECONDS = 120;
const LOOK_EVERY_MS = 5;

/** Images per second whose presets are made before any request. */
export async function eager(): Promise<readonly Measurement[]> {
  const bytes = await testImage({ type: 'image/jpeg', width: 4_000, height: 3_000 });
  const logger = await createLogger({ level: 'error', format: 'json' });
  await using floorFolder = await temporaryFolder();
  const files = Array.from({ length: IMAGES }, (_, index) => join(floorFolder.path, `${index}.jpg`));
  for (const file of files) await writeFile(file, bytes);
  const cores = availableParallelism();
  const atOnce = cores === 1 ? [1] : [cores, cores - 1];
  const measured: Measurement[] = [];
  for (const count of atOnce) {
    await using floor = await startFloorProcesses('eager', floorFolder.path, { files, count });
    const contenders = { subject: () => ofService(bytes, logger), floor: async () => IMAGES / (await floor.run('/')) };
    for (const warm of Object.values(contenders)) await warm();
    const what = `eager, three presets of a JPEG of 12 MP, ${cores} cores / floor makes ${count} at once`;
    // Background work leaves a core to requests, so the goal is for the remaining cores.
    const goal = count === cores && cores > 1 ? {} : { goal: { atLeast: 0.9 } };
    measured.push(compare(what, await alternate(ROUNDS, contenders), { unit: perSecond, ...goal }));
  }
  return measured;
}

/** By a worker that does the jobs of the uploads. The clock starts after all uploads; no presets are made before. */
async function ofService(bytes: Buffer, logger: Logger): Promise<number> {
  await using folder = await temporaryFolder();
  await using service = await createTestService({
    folder: join(folder.path, 'data'),
    environment: ENVIRONMENT,
    observe: logEvents(logger).listener,
  });
  const { services } = service;
  const ids: ImageId[] = [];
  await shareOut(Array(IMAGES).keys(), availableParallelism(), async () => {
    const answer = await service.request('/images/upload?user_id=ada', post(new Uint8Array(bytes), 'image/jpeg'));
    if (answer.status !== 200) throw new Error(`expected 200 to an upload; got ${answer.status}`);
    ids.push(((await answer.json()) as { image_id: ImageId }).image_id);
  });
  const until = new Date(services.clock.now().getTime() + LONGEST_SECONDS * 1000);
  await holdSweeps(services); // otherwise a sweep would make them a second time

  const start = performance.now();
  await using _worker = startWorker({ services });
  while (!(await areMaintained(service, ids))) {
    if (services.clock.now() > until) throw new Error(`expected all within ${LONGEST_SECONDS} s; some are missing`);
    await delay(LOOK_EVERY_MS);
  }
  const seconds = (performance.now() - start) / 1000;
  await requirePresets(service);
  return IMAGES / seconds;
}

async function areMaintained({ services }: TestService, ids: readonly ImageId[]): Promise<boolean> {
  const images = await Promise.all(ids.map((id) => services.images.get(id)));
  return images.every((image) => image?.status === 'ready' && image.maintainAt === null);
}

async function requirePresets(service: TestService): Promise<void> {
  const files = (await service.storedFiles()).filter((path) => path.includes('/preset/'));
  const came = await Promise.all(
    files.map(async (path) => {
      const { width, height, format } = await sharp(path).metadata();
      return `${width} x ${height} ${format}`;
    }),
  );
  for (const expected of EXPECTED) {
    const count = came.filter((one) => one === expected).length;
    if (count !== IMAGES) throw new Error(`expected ${IMAGES} of ${expected}; got ${count} among ${came}`);
  }
}
