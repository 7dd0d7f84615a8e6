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

const ROUNDS = 5;
const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
const SIDE = 512;
const CORES = availableParallelism();
/** Who asks always has another picture waiting for each decoder. */
const CONNECTIONS = 2 * CORES;
/** Of one round: some seconds of work. */
const IMAGES = 120;
/** V8 takes as long to compile what is asked again and again; later formats profit from the first one's. */
const WARM_ROUNDS = 8;

/** Renditions that nobody asked for before, each of an image that has none yet. */
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
    count: CORES,
  });
  const ofFloor = async (format: string, atOnce: number) =>
    IMAGES / (await floor.run(`/?format=${format}&at-once=${atOnce}`));

  const measured: Measurement[] = [];
  for (const format of FORMATS) {
    const contenders = {
      subject: () => ofService(service, sources, format),
      floor: () => ofFloor(format, 1),
      fullerFloor: () => ofFloor(format, 2),
    };
    const warmRounds = measured.length === 0 ? WARM_ROUNDS : 1;
    await alternate(warmRounds, contenders);
    const { subject, floor: alike, fullerFloor: fuller } = await alternate(ROUNDS, contenders);
    const what = `transform, ${format}, ${about} to ${SIDE} pixels, each for the first time`;
    const row = (atOnce: number) => `${what} / floor makes ${atOnce} at once`;
    // The goal is for as many at once as the service has decoders; twice as many fill the pauses between two pictures.
    const goal = { atLeast: 0.9 };
    measured.push(compare(row(CORES), { subject, floor: alike }, { unit: perSecond, goal }));
    measured.push(compare(row(2 * CORES), { subject, floor: fuller }, { unit: perSecond }));
  }
  return measured;
}

/** Pictures a second. The clock starts when all are uploaded and signed. */
async function ofService({ origin }: RunningProgram, sources: readonly Buffer[], format: string): Promise<number> {
  const ids: string[] = [];
  await shareOut(sources, CORES, async (bytes) => {
    ids.push(await uploadPicture(origin, bytes, 'image/jpeg'));
  });
  const paths = await signedRenders(
    origin,
    ids.map((image_id) => ({ image_id, w: SIDE, h: SIDE, format })),
  );
  const requests = paths.map((path) => ({ method: 'GET', path }) as const);
  const seconds = await askEachOnce({ origin, requests, connections: CONNECTIONS });
  using client = createPictureClient(origin);
  for (const path of paths) await requirePicture(await client.get(path), format);
  return paths.length / seconds;
}

async function requirePicture({ status, type, bytes }: PictureAnswer, format: string): Promise<void> {
  if (status !== 200 || type !== `image/${format}`)
    throw new Error(`expected 200 and image/${format}; came ${status} and ${type} ${status === 200 ? '' : bytes}`);
  const { width, height } = await sharp(bytes).metadata();
  if (Math.max(width, height) !== SIDE) throw new Error(`expected ${SIDE} pixels at most; came ${width} x ${height}`);
}
