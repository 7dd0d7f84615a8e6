import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { createHandedFiles, handedFolder } from '../../object-store/disk/handed-files.ts';
import { createDiskSpace } from '../../object-store/staging/disk-space.ts';
import { createLocalStaging } from '../../object-store/staging/local-staging.ts';
import type { Staging } from '../../object-store/staging.ts';
import { lockFolder, lockFreeFolder } from '../../records/sqlite/service-lock.ts';
import type { Config } from '../config/config.ts';

/** Where a command puts files for the service that runs on the same data folder. */
export interface HandedFolder extends AsyncDisposable {
  /** The service finds it by its number. */
  readonly number: number;
  /** For what the command has to remember, beside the files. */
  readonly path: string;
  /** Puts files into it, as far as the reserve of the disk permits. */
  readonly staging: Staging;
}

const rootIn = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'imports');

/** For this command alone. What a command that was killed has left in it is removed. */
export async function openHandedFolder({ dataDir, minFreeBytes }: Config): Promise<HandedFolder> {
  const root = rootIn({ dataDir });
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(lockFreeFolder(root));
  const number = Number(basename(path));
  const diskSpace = createDiskSpace({
    ...{ folders: [dataDir], minFreeBytes, elapsedMs: () => performance.now(), onChange: () => undefined },
  });
  const files = { files: 'temporary', maxBytes: Number.POSITIVE_INFINITY, diskSpace } as const;
  const staging = stack.use(createLocalStaging(handedFolder(root, number), files));
  const held = stack.move();
  return { number, path, staging, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Files are people's pictures: those of commands that were killed don't stay. To be called with the folder's lock. */
export function removeLeftFiles(config: Pick<Config, 'dataDir'>): void {
  const root = rootIn(config);
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    if (!/^\d+$/.test(name)) continue;
    try {
      using _lock = lockFolder(join(root, name));
      rmSync(handedFolder(root, name), { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof AppError)) throw error; // its command runs
    }
  }
}

export const handedFilesOf = (config: Pick<Config, 'dataDir'>) => createHandedFiles(rootIn(config));
