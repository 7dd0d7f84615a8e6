import { closeSync, constants, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { errnoOf, unlessAbsent } from './file-fault.ts';

/** Makes and prunes folders below a root, so that what is in them survives a power cut. */
export interface Folders {
  /** The folder is there and its name is on disk, down from the root. It may be pruned again at any moment: ENOENT. */
  ensure(folder: string): Promise<void>;
  /** Distrusts what is remembered of the folder and those above it: one turned out to be gone. */
  forget(folder: string): void;
  /** Removes the folder and those above it as far as they are empty; the root stays. */
  prune(folder: string): Promise<void>;
}

/** Folders remembered as durable; forgetting costs a sync, so the number only bounds memory. */
const MAX_REMEMBERED = 10_000;

export function createFolders(root: string): Folders {
  const durable = new Set([root]);

  async function ensure(folder: string): Promise<void> {
    if (durable.has(folder)) return;
    await ensure(dirname(folder));
    const isNew = await mkdir(folder).then(
      () => true,
      (error) => {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    if (!isNew && !(await lstat(folder)).isDirectory())
      throw new AppError('unavailable', `expected a folder at ${folder}; got a file or a symbolic link`);
    // Also when it was there: whoever made it may have died before syncing.
    await syncFolder(dirname(folder));
    if (durable.size >= MAX_REMEMBERED) {
      durable.clear();
      durable.add(root);
    }
    durable.add(folder);
  }

  const upwards = function* (folder: string): Generator<string> {
    for (let at = folder; at.length > root.length; at = dirname(at)) yield at;
  };

  return {
    ensure,
    forget(folder) {
      for (const at of upwards(folder)) durable.delete(at);
    },
    async prune(folder) {
      for (const at of upwards(folder)) {
        const removed = await rmdir(at).then(
          () => true,
          (error) => errnoOf(error) === 'ENOENT',
        );
        if (!removed) return; // something is in it, or a put was quicker
        durable.delete(at);
      }
    },
  };
}

/** Puts the folder's entries on disk; a folder that is already gone needs nothing. Windows can't open folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await unlessAbsent(open(folder, constants.O_RDONLY | constants.O_DIRECTORY));
  await handle?.sync();
}

/** Makes the root and what is above it, durably; its real path, since the operator may link it elsewhere. */
export function makeRoot(folder: string): string {
  // Private: whoever may list the folder sees every image, asked or not.
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const root = realpathSync(folder);
  if (first === undefined || process.platform === 'win32') return root;
  const above = dirname(realpathSync(first));
  for (let made = root; made !== above; made = dirname(made)) {
    const descriptor = openSync(dirname(made), 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
  return root;
}
