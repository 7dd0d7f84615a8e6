import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type StoredOriginal, sidesFrom, startColdRenditions } from './cold-renditions.ts';
import { startFloorProcesses } from './floor-processes.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { hasOriginals, nameOf, originals } from './originals.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { verification } from './verification.ts';

type Format = 'jpeg' | 'png' | 'webp' | 'avif';

interface Case extends StoredOriginal {
  /** The floor makes as many in a round: a second of work or more, as the service's images are. */
  readonly files: number;
  /** The goals of the ratio, by format. */
  readonly goals: Partial<Record<Format, number>>;
}

const CASES: readonly Case[] = [
  {
    type: 'image/jpeg',
    width: 1_155,
    height: 866,
    hasCopy: false,
    images: 192,
    files: 192,
    goals: { jpeg: 0.75, webp: 0.75 },
  },
  {
    type: 'image/jpeg',
    width: 2_830,
    height: 2_120,
    hasCopy: false,
    images: 96,
    files: 96,
    goals: { jpeg: 0.9, webp: 0.85, png: 0.8, avif: 0.8 },
  },
  {
    type: 'image/jpeg',
    width: 6_000,
    height: 4_000,
    hasCopy: true,
    images: 48,
    files: 32,
    goals: { jpeg: 1.2, webp: 1.2 },
  },
  {
    type: 'image/jpeg',
    width: 8_000,
    height: 6_000,
    hasCopy: true,
    images: 48,
    files: 24,
    goals: { jpeg: 1.8, webp: 1.8 },
  },
  { type: 'image/png', width: 4_000, height: 3_000, hasCopy: true, images: 40, files: 10, goals: { jpeg: 3, webp: 3 } },
  {
    type: 'image/webp',
    width: 6_000,
    height: 4_000,
    hasCopy: true,
    images: 40,
    files: 8,
    goals: { jpeg: 3, webp: 3 },
  },
  { type: 'image/avif', width: 4_000, height: 3_000, hasCopy: true, images: 32, files: 4, goals: { jpeg: 3, webp: 3 } },
  { type: 'image/tiff', width: 6_000, height: 4_000, hasCopy: true, images: 32, files: 4, goals: { jpeg: 2, webp: 2 } },
  { type: 'image/heic', width: 4_032, height: 3_024, hasCopy: true, images: 32, files: 2, goals: { jpeg: 3, webp: 3 } },
];

const ROUNDS = 5;
/** Warms up V8's compiler; later cases profit from the first one's. */
const WARM_ROUNDS = 3;
const FIRST_SIDE = 400;

/**
 * Renditions of large originals, each for the first time; and the cost of the working copies that most are made from.
 */
export async function transform(): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (const [index, one] of CASES.filter(hasOriginals).entries())
    measured.push(...(await cold(one, { warmRounds: index === 0 ? WARM_ROUNDS : 1 })));
  return [...measured, ...(await verification())];
}

/**
 * Service and floor start anew for each case: the service keeps its images in memory, and files of other cases would
 * take disk.
 */
async function cold(one: Case, { warmRounds }: { readonly warmRounds: number }): Promise<Measurement[]> {
  const pictures = await originals(one);
  await using service = await startColdRenditions(one, pictures);
  await using folder = await temporaryFolder();
  const files = Array.from({ length: one.files }, (_, index) => join(folder.path, `${index}`));
  for (const [index, file] of files.entries()) await writeFile(file, pictures[index % pictures.length] ?? '');
  await using floor = await startFloorProcesses('transform', folder.path, { files, count: availableParallelism() });

  const measured: Measurement[] = [];
  for (const [format, atLeast] of Object.entries(one.goals)) {
    const [subjectSide, floorSide] = [sidesFrom(FIRST_SIDE), sidesFrom(FIRST_SIDE)];
    const contenders = {
      subject: () => service.perSecond({ format, side: subjectSide() }),
      floor: async () => files.length / (await floor.run(`/?format=${format}&side=${floorSide()}`)),
    };
    await alternate(warmRounds, contenders);
    const what = `transform, ${nameOf(one)} to ${format}`;
    measured.push(compare(what, await alternate(ROUNDS, contenders), { unit: perSecond, goal: { atLeast } }));
  }
  return measured;
}
