import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AT_ONCE, requirePicture, type StoredOriginal, sidesFrom, startColdRenditions } from '../cold-renditions.ts';
import { askEachOnce } from '../load.ts';
import { compare, type Measurement, perSecond } from '../measurement.ts';
import { nameOf, originals } from '../originals.ts';
import { startProgram } from '../program.ts';
import { createPictureClient } from '../render-client.ts';
import { alternate } from '../rounds.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Case extends StoredOriginal {
  /** The number of files that ipx transforms in a round. */
  readonly files: number;
  readonly atLeast: number;
}

const CASES: readonly Case[] = [
  { type: 'image/jpeg', width: 2_830, height: 2_120, hasCopy: false, images: 96, files: 96, atLeast: 1 },
  { type: 'image/jpeg', width: 8_000, height: 6_000, hasCopy: true, images: 72, files: 36, atLeast: 2 },
];
const FORMATS = ['webp', 'jpeg'];
const FIRST_SIDE = 400;
const ROUNDS = 7;
const WARM_ROUNDS = 4;

const PROGRAM = join(import.meta.dirname, 'node_modules/ipx/bin/ipx.mjs');

/** Cold renditions a second beside ipx, over HTTP and of the same originals (README.md). */
export async function peers(): Promise<readonly Measurement[]> {
  if (!existsSync(PROGRAM)) throw new Error('expected ipx; install it: npm ci --prefix bench/peers');
  const measured: Measurement[] = [];
  for (const one of CASES) measured.push(...(await beside(one)));
  return measured;
}

async function beside(one: Case): Promise<readonly Measurement[]> {
  const pictures = await originals(one);
  await using service = await startColdRenditions(one, pictures);
  await using folder = await temporaryFolder();
  for (let index = 0; index < one.files; index++)
    await writeFile(join(folder.path, `data/${index}.jpg`), pictures[index % pictures.length] ?? '');
  await using ipx = await startProgram({
    args: [PROGRAM, 'serve', '--dir', join(folder.path, 'data'), '--hostname', '127.0.0.1'],
    folder: folder.path,
    environment: { NODE_ENV: 'production' },
  });

  const ofIpx = async (format: string, side: number): Promise<number> => {
    const size = `fit_inside,s_${side}x${side},f_${format}`;
    const requests = Array.from(
      { length: one.files },
      (_, index) => ({ method: 'GET', path: `/${size}/${index}.jpg` }) as const,
    );
    const seconds = await askEachOnce({ origin: ipx.origin, requests, connections: AT_ONCE });
    using client = createPictureClient(ipx.origin);
    for (const { path } of requests.slice(0, pictures.length))
      await requirePicture(await client.get(path), { side, format });
    return one.files / seconds;
  };

  const measured: Measurement[] = [];
  for (const format of FORMATS) {
    const [ownSide, otherSide] = [sidesFrom(FIRST_SIDE), sidesFrom(FIRST_SIDE)];
    const contenders = {
      subject: () => service.perSecond({ format, side: ownSide() }),
      floor: () => ofIpx(format, otherSide()),
    };
    await alternate(WARM_ROUNDS, contenders);
    const what = `peers, ${nameOf(one)} to ${format} of ${FIRST_SIDE} pixels, each for the first time / ipx`;
    const rounds = await alternate(ROUNDS, contenders);
    measured.push(compare(what, rounds, { unit: perSecond, goal: { atLeast: one.atLeast } }));
  }
  return measured;
}
