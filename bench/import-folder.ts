import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sendUploads } from './load.ts';
import { compare, judge, type Measurement, megabytes, perSecond } from './measurement.ts';
import { peakOf } from './peak-of.ts';
import { smallPhotographs } from './photographs.ts';
import { SILENT, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const IMAGES = 2_000;
const ROUNDS = 3;
const CONNECTIONS = 8;
const MAX_MEMORY = 200 * 1_048_576;

/** As npm runs it. */
const FLAGS = ['--max-semi-space-size=8'];
const ADMIN = join(import.meta.dirname, '../packages/server/src/bin/admin.ts');

/** Photographs from a folder, by the command, and by a client of a service that runs. */
export async function importFolder(): Promise<readonly Measurement[]> {
  const { about, all } = await smallPhotographs();
  await using folder = await temporaryFolder();
  const photos = join(folder.path, 'photos');
  await mkdir(photos);
  const files = Array.from({ length: IMAGES }, (_, index) => join(photos, `${String(index).padStart(5, '0')}.jpg`));
  for (const [index, file] of files.entries()) await writeFile(file, all[index % all.length] ?? '');
  const peaks: number[] = [];
  let runs = 0;

  const imported = async (): Promise<number> => {
    runs += 1;
    const data = join(folder.path, `data-${runs}`);
    await mkdir(data);
    const { seconds, peakBytes } = await run(['import', photos, '--user', 'ada'], data);
    peaks.push(peakBytes);
    return IMAGES / seconds;
  };
  const uploaded = async (): Promise<number> => {
    runs += 1;
    const served = join(folder.path, `served-${runs}`);
    await mkdir(served);
    await using service = await startService({ folder: served, environment: SILENT });
    const { origin } = service;
    const sent = { origin, form: 'direct', files, uploads: IMAGES, connections: CONNECTIONS } as const;
    return IMAGES / (await sendUploads(sent));
  };
  const rounds = await alternate(ROUNDS, { subject: imported, floor: uploaded });
  return [
    compare(`import, ${about}, floor uploads them by ${CONNECTIONS} connections`, rounds, {
      unit: perSecond,
      goal: { atLeast: 0.7 },
    }),
    judge('import, memory', peaks, { unit: megabytes, goal: { atMost: MAX_MEMORY } }),
  ];
}

async function run(args: readonly string[], data: string) {
  const began = performance.now();
  const child = spawn(process.execPath, [...FLAGS, ADMIN, ...args], {
    cwd: data,
    env: { PATH: process.env['PATH'], HOME: tmpdir(), TMPDIR: tmpdir(), DATA_DIR: data },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const peak = peakOf(child);
  const [code] = await ended;
  if (code !== 0) throw new Error(`expected an import without refusals; got the exit code ${code}`);
  return { seconds: (performance.now() - began) / 1_000, peakBytes: await peak };
}
