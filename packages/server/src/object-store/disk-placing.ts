import { realpathSync } from 'node:fs';
import { link, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import { type Folders, syncFolder } from './disk-folders.ts';
import { pathOf } from './disk-path.ts';
import { errnoOf, unlessAbsent } from './file-fault.ts';

/** How files come under their keys. */
export interface Placing {
  /** Instead of what is there, durably. The name `temporary` is gone whatever happens. */
  replace(temporary: string, key: ObjectKey): Promise<void>;
  /** The same where nothing is: false when something is. */
  putFirst(temporary: string, key: ObjectKey): Promise<boolean>;
  /** Another name for the file where nothing is, synced by nobody; undefined where none could be made. */
  linkFirst(path: string, key: ObjectKey): Promise<boolean | undefined>;
}

export interface PlacingOptions {
  readonly root: string;
  readonly folders: Folders;
  /** To be told of a key whose file may have changed, before anybody else is. */
  readonly onPlaced: (key: ObjectKey) => void;
}

/** Gives the file at `from` the name `to`; false when that name is taken. ENOENT when `to` has no folder. */
type Place = (from: string, to: string) => Promise<boolean>;

/** Each means a delete that pruned the folder just made; so many in a row is something else. */
const MAX_TRIES = 20;

/** Another file system, one without hard links, a folder (which is then no object), too many links. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export const meansNoLink = (error: unknown): boolean => CANNOT_LINK.has(errnoOf(error) ?? '');

/** Of one process: where there are no links, one after another looks whether a name is free. */
export function createPlacing({ root, folders, onPlaced }: PlacingOptions): Placing {
  const placeFirst = createPlaceFirst();

  async function publish(temporary: string, key: ObjectKey, place: Place): Promise<boolean> {
    try {
      const path = pathBelow(root, key);
      for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
        const isPlaced = await tryPlace(temporary, path, place);
        if (isPlaced) await syncFolder(dirname(path));
        if (isPlaced !== undefined) return isPlaced;
      }
      throw new AppError('unavailable', `expected the folder ${dirname(path)} to stay; got none`);
    } finally {
      onPlaced(key);
      // rename() does nothing when both names are one inode already, link() leaves both: this one is then still there.
      await rm(temporary, { force: true });
    }
  }

  /** Undefined when a folder was pruned in between. */
  async function tryPlace(temporary: string, path: string, place: Place): Promise<boolean | undefined> {
    const folder = dirname(path);
    try {
      await folders.ensure(folder);
      requireContained(folder);
      return await place(temporary, path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      folders.forget(folder);
      return undefined;
    }
  }

  return {
    async replace(temporary, key) {
      await publish(temporary, key, byRename);
    },

    putFirst: (temporary, key) => publish(temporary, key, placeFirst),

    async linkFirst(from, key) {
      try {
        const path = pathBelow(root, key);
        for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
          const isLinked = await tryLink(from, path);
          if (isLinked === 'no-links') break;
          if (isLinked !== undefined) return isLinked;
        }
        return undefined;
      } finally {
        onPlaced(key);
      }
    },
  };
}

const byRename: Place = async (from, to) => {
  await rename(from, to);
  return true;
};

function createPlaceFirst(): Place {
  let last: Promise<unknown> = Promise.resolve();

  const lookAndRename: Place = async (from, to) => (await unlessAbsent(lstat(to))) === undefined && byRename(from, to);

  return async (from, to) => {
    try {
      await link(from, to);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      if (!meansNoLink(error)) throw error;
    }
    const placed = last.then(() => lookAndRename(from, to));
    last = placed.catch(() => undefined);
    return placed;
  };
}

/** Undefined when its folder was pruned in between. */
async function tryLink(from: string, path: string): Promise<boolean | 'no-links' | undefined> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  try {
    requireContained(folder);
    await link(from, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    if (meansNoLink(error)) return 'no-links';
    if (errnoOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

function pathBelow(root: string, key: ObjectKey): string {
  const path = pathOf(root, key);
  if (path !== undefined) return path;
  throw new AppError('internal', `expected a key below the root; got ${key}`);
}

/** ENOENT where there is no such folder. */
function requireContained(folder: string): void {
  if (realpathSync.native(folder) !== folder)
    throw new AppError('unavailable', `expected folders in the store; got a symbolic link in ${folder}`);
}
