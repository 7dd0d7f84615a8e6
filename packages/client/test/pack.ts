import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '../../../scripts/pack.ts');

/** What the test files of a run have packed (`scripts/test.ts`), which takes seven seconds of CPU time. */
const { PACKS_OF_RUN } = process.env;

export interface Tarballs {
  readonly client: string;
  readonly cli: string;
  readonly server: string;
}

/** Runs `npm run pack`. Returns the tarballs in the folder, which must be new. */
export async function packInto(folder: string): Promise<Tarballs> {
  await promisify(execFile)(process.execPath, [SCRIPT, folder]);
  return tarballsIn(folder);
}

/** The packages in a folder of the caller's own, which must be new: copied, if a test file of this run has packed. */
export async function copyPacks(folder: string): Promise<Tarballs> {
  if (PACKS_OF_RUN === undefined) return packInto(folder);
  if (!existsSync(PACKS_OF_RUN)) await packFor(PACKS_OF_RUN);
  await cp(PACKS_OF_RUN, folder, { recursive: true });
  return tarballsIn(folder);
}

/** Another process may do the same at once: the first to end keeps its packages. */
async function packFor(place: string): Promise<void> {
  const own = await mkdtemp(`${place}-`);
  await packInto(join(own, 'packs'));
  await rename(join(own, 'packs'), place).catch((error: unknown) => {
    if (!existsSync(place)) throw error;
  });
  await rm(own, { recursive: true, force: true });
}

async function tarballsIn(folder: string): Promise<Tarballs> {
  const names = await readdir(folder);
  const of = (name: string) => join(folder, names.find((one) => one.startsWith(`safelight-${name}-`)) ?? '');
  return { client: of('client'), cli: of('cli'), server: of('server') };
}
