import { mkdirSync, statfsSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The common file systems, by statfs(2)'s types. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0x794c7630, 'overlay'],
  [0x01021994, 'tmpfs'],
]);

/** The file system of the folder for temporary files, in which everything is measured. */
export const fileSystem = (): string => {
  const { type } = statfsSync(tmpdir());
  return FILE_SYSTEMS.get(type) ?? `file system 0x${type.toString(16)}`;
};

/** An empty folder that contains an empty one for data. Errors: if the file system is in memory. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  if (fileSystem() === 'tmpfs') throw new Error(`expected a disk below ${tmpdir()}; it is memory: set TMPDIR to one`);
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-bench-'));
  mkdirSync(join(folder.path, 'data'));
  return folder;
}
