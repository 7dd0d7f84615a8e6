import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { shareOut } from './clients.ts';
import { type FloorProcesses, startFloorProcesses } from './floor-processes.ts';
import { askEachOnce } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { nameOf, type Original, originals } from './originals.ts';
import { type RunningProgram, SILENT, startService } from './program.ts';
import { createPictureClient, type PictureAnswer, signedRenders, uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { verification } from './verification.ts';
import { workingCopies } from './working-copies.ts';

type Format = 'jpeg' | 'png' | 'webp' | 'avif';

interface Case extends Original {
  readonly hasCopy: boolean;
  /** Per round, of the service and of the floor: a second of work or more. */
  readonly images: number;
  readonly files: number;
  /** Of the ratio, by format. */
  readonly goals: Partial<Record<Format, number>>;
}

const CASES: readonly Case[] = [
  {
    type: 'image/jpeg',
    width: 2_830,
    height: 2_120,
    hasCopy: false,
    images: 96,
    files: 96,
    goals: { jpeg: 0.85, webp: 0.85, png: 0.8, avif: 0.8 },
  },
  {
    type: 'image/jpeg',
    width: 6_000,
    height: 4_000,
    hasCopy: true,
    images: 72,
    files: 48,
    goals: { jpeg: 1.2, webp: 1.2 },
  },
  {
    type: 'image/jpeg',
    width: 8_000,
    height: 6_000,
    hasCopy: true,
    images: 72,
    files: 36,
    goals: { jpeg: 1.8, webp: 1.8 },
  },
  { type: 'image/png', width: 4_000, height: 3_000, hasCopy: true, images: 60, files: 16, goals: { jpeg: 3, webp: 3 } },
  {
    type: 'image/webp',
    width: 6_000,
    height: 4_000,
    hasCopy: true,
    images: 60,
    files: 12,
    goals: { jpeg: 3, webp: 3 },
  },
  { type: 'image/avif', width: 4_000, height: 3_000, hasCopy: true, images: 48, files: 4, goals: { jpeg: 3, webp: 3 } },
];

const ROUNDS = 5;
/** Warms up V8's compiler; later cases profit from the first one's. */
const WARM_ROUNDS = 6;
const FIRST_SIDE = 400;
/** Of the rendition that lets a JPEG have its copy made. */
const SIDE_BEFORE = 800;
/** Concurrent pictures: two for each of the floor's processes, one per core. */
const AT_ONCE = 2 * availableParallelism();

/** Renditions of large originals, each for the first time; and the cost of the working copies that most are made from. */
export async function transform(): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (const [index, one] of CASES.entries())
    measured.push(...(await cold(one, { warmRounds: index === 0 ? WARM_ROUNDS : 1 })));
  return [...measured, ...(await verification())];
}

/** Service and floor start anew for each case: the service keeps its images in memory, and files of other cases would take disk. */
async function cold(one: Case, { warmRounds }: { readonly warmRounds: number }): Promise<Measurement[]> {
  const pictures = await originals(one);
  await using serviceFolder = await temporaryFolder();
  await using floorFolder = await temporaryFolder();
  await using service = await startService({ folder: serviceFolder.path, environment: SILENT });
  const ids = await uploadEach(service, { pictures, one });
  if (one.hasCopy) await workingCopies(serviceFolder.path, one.images);
  const files = Array.from({ length: one.files }, (_, index) => join(floorFolder.path, `${index}`));
  for (const [index, file] of files.entries()) await writeFile(file, pictures[index % pictures.length] ?? '');
  const count = availableParallelism();
  await using floor = await startFloorProcesses('transform', floorFolder.path, { files, count });

  const measured: Measurement[] = [];
  for (const [format, atLeast] of Object.entries(one.goals)) {
    const contenders = contendersOf({ service, floor, ids, files: one.files, format });
    await alternate(warmRounds, contenders);
    const what = `transform, ${nameOf(one)} to ${format} of ${FIRST_SIDE} pixels, each for the first time`;
    measured.push(compare(what, await alternate(ROUNDS, contenders), { unit: perSecond, goal: { atLeast } }));
  }
  return measured;
}

interface Contest {
  readonly service: RunningProgram;
  readonly floor: FloorProcesses;
  readonly ids: readonly string[];
  readonly files: number;
  readonly format: string;
}

/** Pictures a second. Every round asks for another size, which no image has been asked for. */
function contendersOf({ service, floor, ids, files, format }: Contest) {
  let [asked, made] = [FIRST_SIDE, FIRST_SIDE];
  return {
    subject: () => ofService(service, { ids, format, side: asked-- }),
    floor: async () => files / (await floor.run(`/?format=${format}&side=${made--}`)),
  };
}

/** Distinct images of few distinct pictures; a JPEG has its copy made in the background after its first rendition. */
async function uploadEach(
  { origin }: RunningProgram,
  { pictures, one }: { readonly pictures: readonly Buffer[]; readonly one: Case },
): Promise<readonly string[]> {
  const ids: string[] = [];
  await shareOut(Array(one.images).keys(), availableParallelism(), async (index) => {
    ids.push(await uploadPicture(origin, pictures[index % pictures.length] ?? Buffer.alloc(0), one.type));
  });
  if (one.type === 'image/jpeg' && one.hasCopy) await askEach(origin, ids, { side: SIDE_BEFORE, format: 'jpeg' });
  return ids;
}

interface Asked {
  readonly side: number;
  readonly format: string;
}

/** The clock starts when all are signed. */
async function ofService({ origin }: RunningProgram, { ids, ...asked }: Asked & { readonly ids: readonly string[] }) {
  const { paths, seconds } = await askEach(origin, ids, asked);
  using client = createPictureClient(origin);
  for (const path of paths) await requirePicture(await client.get(path), asked);
  return paths.length / seconds;
}

async function askEach(origin: string, ids: readonly string[], { side, format }: Asked) {
  const renders = ids.map((image_id) => ({ image_id, w: side, h: side, format }));
  const paths = await signedRenders(origin, renders);
  const requests = paths.map((path) => ({ method: 'GET', path }) as const);
  return { paths, seconds: await askEachOnce({ origin, requests, connections: AT_ONCE }) };
}

async function requirePicture({ status, type, bytes }: PictureAnswer, { side, format }: Asked): Promise<void> {
  if (status !== 200 || type !== `image/${format}`)
    throw new Error(`expected 200 and image/${format}; got ${status} and ${type} ${status === 200 ? '' : bytes}`);
  const { width, height } = await sharp(bytes).metadata();
  if (Math.max(width, height) !== side) throw new Error(`expected ${side} pixels at most; got ${width} x ${height}`);
}
