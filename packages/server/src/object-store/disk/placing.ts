import { realpathSync } from 'node:fs';
import { link, lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { errnoOf, unlessAbsent } from '../staging/file-fault.ts';
import type { Folders } from './folders.ts';
import { pathOf } from './path.ts';

/** Gives files their keys. A power cut may take each until `sync`. */
export interface Placing {
  /** Another name for the file at `path` where nothing is; no other outcome than `placed` changes anything. */
  link(path: string, key: ObjectKey): Promise<LinkOutcome>;
  /** Instead of what is there. The name `temporary` is gone whatever happens. */
  replace(temporary: string, key: ObjectKey): Promise<void>;
  /** The same where nothing is: false when something is. */
  putFirst(temporary: string, key: ObjectKey): Promise<boolean>;
  /** The key's name is on disk, and those of its folders. */
  sync(key: ObjectKey): Promise<void>;
}

/** `taken`: the key has a file. `gone`: there is none at the path. */
export type LinkOutcome = 'placed' | 'taken' | 'gone' | 'no-links';

export interface PlacingOptions {
  readonly root: string;
  readonly folders: Folders;
  /** To be told of a key whose file may have changed, before anybody else is. */
  readonly onPlaced: (key: ObjectKey) => void;
}

/** Gives the file at `from` the name `to`. ENOENT when `to` has no folder. */
type Place<Outcome> = (from: string, to: string) => Promise<Outcome>;

/** Each means a delete that pruned the folder just made; so many in a row is something else. */
const MAX_TRIES = 20;

/** Another file system, one without hard links, a folder (which is then no object), too many links. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export const meansNoLink = (error: unknown): boolean => CANNOT_LINK.has(errnoOf(error) ?? '');

/** Of one process: where there are no links, one after another looks whether a name is free. */
export function createPlacing({ root, folders, onPlaced }: PlacingOptions): Placing {
  const placeFirst = createPlaceFirst();

  async function inFolder<Outcome>(from: string, key: ObjectKey, place: Place<Outcome>): Promise<Outcome> {
    try {
      const path = pathBelow(root, key);
      const folder = dirname(path);
      for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
        try {
          await folders.make(folder);
          requireContained(folder);
          return await place(from, path);
        } catch (error) {
          if (errnoOf(error) !== 'ENOENT') throw error;
          folders.forget(folder); // pruned in between
        }
      }
      throw new AppError('unavailable', `expected the folder ${folder} to stay; got none`);
    } finally {
      onPlaced(key);
    }
  }

  async function move<Outcome>(temporary: string, key: ObjectKey, place: Place<Outcome>): Promise<Outcome> {
    try {
      return await inFolder(temporary, key, place);
    } finally {
      // rename() does nothing when both names are one inode already, link() leaves both: this one is then still there.
      await rm(temporary, { force: true });
    }
  }

  return {
    link: (path, key) => inFolder(path, key, linkWhereFree),

    async replace(temporary, key) {
      await move(temporary, key, byRename);
    },

    putFirst: (temporary, key) => move(temporary, key, placeFirst),

    sync: (key) => folders.sync(dirname(pathBelow(root, key))),
  };
}

const linkWhereFree: Place<LinkOutcome> = async (from, to) => {
  try {
    await link(from, to);
    return 'placed';
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'taken';
    if (meansNoLink(error)) return 'no-links';
    if (errnoOf(error) === 'ENOENT' && (await unlessAbsent(lstat(from))) === undefined) return 'gone';
    throw error;
  }
};

const byRename: Place<boolean> = async (from, to) => {
  await rename(from, to);
  return true;
};

function createPlaceFirst(): Place<boolean> {
  let last: Promise<unknown> = Promise.resolve();

  const lookAndRename = async (from: string, to: string) =>
    (await unlessAbsent(lstat(to))) === undefined && byRename(from, to);

  return async (from, to) => {
    const outcome = await linkWhereFree(from, to);
    if (outcome !== 'no-links') return outcome === 'placed';
    const placed = last.then(() => lookAndRename(from, to));
    last = placed.catch(() => undefined);
    return placed;
  };
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
