import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { shareOut } from './clients.ts';
import { startFloorProcesses } from './floor-processes.ts';
import { askEachOnce } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { photographs } from './photographs.ts';
import { type RunningProgram, SILENT, startService } from './program.ts';
import { createPictureClient, type PictureAnswer, signedRenders, uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 9;
const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
const SIDE = 512;
/** Concurrent pictures: two for each of the floor's processes, one per core. */
const AT_ONCE = 2 * availableParallelism();
/** Per round: some seconds of work. */
const IMAGES = 120;
/** Warms up V8's compiler; later formats profit from the first one's. */
const WARM_ROUNDS = 8;

/** First requests for renditions, each of an image without any. */
export async function transform(): Promise<readonly Measurement[]> {
  const { about, all } = await photographs();
  const sources = Array.from({ length: IMAGES }, (_, index) => all[index % all.length] ?? Buffer.alloc(0));
  await using serviceFolder = await temporaryFolder();
  await using floorFolder = await temporaryFolder();
  const files = sources.map((_, index) => join(floorFolder.path, `${index}.jpg`));
  for (const [index, file] of files.entries()) await writeFile(file, sources[index] ?? '');
  await using service = await startService({ folder: serviceFolder.path, environment: SILENT });
  await using floor = await startFloorProcesses('transform', floorFolder.path, {
    files,
    count: availableParallelism(),
  });

  const measured: Measurement[] = [];
  for (const format of FORMATS) {
    const contenders = {
      subject: () => ofService(service, sources, format),
      floor: async () => IMAGES / (await floor.run(`/?format=${format}`)),
    };
    const warmRounds = measured.length === 0 ? WARM_ROUNDS : 1;
    await alternate(warmRounds, contenders);
    const what = `transform, ${format}, ${about} to ${SIDE} pixels, each for the first time`;
    measured.push(compare(what, await alternate(ROUNDS, contenders), { unit: perSecond, goal: { atLeast: 0.8 } }));
  }
  return measured;
}

/** Pictures per second. The clock starts when all are uploaded and signed. */
async function ofService({ origin }: RunningProgram, sources: readonly Buffer[], format: string): Promise<number> {
  const ids: string[] = [];
  await shareOut(sources, availableParallelism(), async (bytes) => {
    ids.push(await uploadPicture(origin, bytes, 'image/jpeg'));
  });
  const paths = await signedRenders(
    origin,
    ids.map((image_id) => ({ image_id, w: SIDE, h: SIDE, format })),
  );
  const requests = paths.map((path) => ({ method: 'GET', path }) as const);
  const seconds = await askEachOnce({ origin, requests, connections: AT_ONCE });
  using client = createPictureClient(origin);
  for (const path of paths) await requirePicture(await client.get(path), format);
  return paths.length / seconds;
}

async function requirePicture({ status, type, bytes }: PictureAnswer, format: string): Promise<void> {
  if (status !== 200 || type !== `image/${format}`)
    throw new Error(`expected 200 and image/${format}; got ${status} and ${type} ${status === 200 ? '' : bytes}`);
  const { width, height } = await sharp(bytes).metadata();
  if (Math.max(width, height) !== SIDE) throw new Error(`expected ${SIDE} pixels at most; got ${width} x ${height}`);
}
