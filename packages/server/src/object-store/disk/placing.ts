import { linkSync, unlinkSync } from 'node:fs';
import { link, lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { errnoOf, unlessAbsent } from '../staging/file-fault.ts';
import type { Folders } from './folders.ts';
import { pathOf } from './path.ts';

/** Gives files their keys. A key is durable only after `sync`. */
export interface Placing {
  /** Links the file at `path` to a free key; outcomes other than `placed` change nothing. */
  link(path: string, key: ObjectKey): Promise<LinkOutcome>;
  /** Replaces the key's file. The name `temporary` is removed, also on failure. */
  replace(temporary: string, key: ObjectKey): Promise<void>;
  /** As `replace`, of a file that has no other name; on failure the file keeps its name. */
  rename(path: string, key: ObjectKey): Promise<void>;
  /** Gives the file `temporary` a free key. The name `temporary` is removed, also on failure. Not `no-links`. */
  putFirst(temporary: string, key: ObjectKey): Promise<LinkOutcome>;
  /** Syncs the key's name and those of its folders. */
  sync(key: ObjectKey): Promise<void>;
}

/** `taken`: the key has a file. `gone`: there is no file at the path. */
export type LinkOutcome = 'placed' | 'taken' | 'gone' | 'no-links';

export interface PlacingOptions {
  readonly root: string;
  readonly folders: Folders;
  /** Called with each key whose file may have changed, before the caller learns the outcome. */
  readonly onPlaced: (key: ObjectKey) => void;
}

/** Gives the file at `from` the name `to`. ENOENT if `to` has no folder. */
type Place<Outcome> = (from: string, to: string) => Promise<Outcome>;

/** Another file system, one without hard links, a folder (not an object), too many links. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export const meansNoLink = (error: unknown): boolean => CANNOT_LINK.has(errnoOf(error) ?? '');

/** Serializes the placements of one process: without links, checking for a free name and taking it are two steps. */
export function createPlacing({ root, folders, onPlaced }: PlacingOptions): Placing {
  const placeFirst = createPlaceFirst();

  async function inFolder<Outcome>(from: string, key: ObjectKey, place: Place<Outcome>): Promise<Outcome> {
    try {
      const path = pathBelow(root, key);
      return await folders.within(dirname(path), () => place(from, path));
    } finally {
      onPlaced(key);
    }
  }

  async function move<Outcome>(
    temporary: string,
    key: ObjectKey,
    place: Place<Outcome>,
    remove: (path: string) => Promise<void>,
  ): Promise<Outcome> {
    try {
      return await inFolder(temporary, key, place);
    } finally {
      // If both names are links to one inode, rename() does nothing and `temporary` remains: remove it. What can't be
      // removed now is removed at the next start; that must not hide the outcome.
      await remove(temporary).catch(() => undefined);
    }
  }

  return {
    link: (path, key) => inFolder(path, key, linkWhereFree),

    async replace(temporary, key) {
      await move(temporary, key, byRename, rm);
    },

    async rename(path, key) {
      await inFolder(path, key, byRename);
    },

    putFirst: (temporary, key) => move(temporary, key, placeFirst, unlinkAtOnce),

    sync: (key) => folders.sync(dirname(pathBelow(root, key))),
  };
}

const linkWhereFree: Place<LinkOutcome> = (from, to) => linkedBy(link, from, to);

/** For a small rendition, which isn't synced: a wake-up of the thread pool costs more. */
const unlinkAtOnce = async (path: string): Promise<void> => unlinkSync(path);
const linkAtOnce: Place<LinkOutcome> = (from, to) => linkedBy(linkSync, from, to);

async function linkedBy(
  link: (from: string, to: string) => Promise<void> | void,
  from: string,
  to: string,
): Promise<LinkOutcome> {
  try {
    await link(from, to);
    return 'placed';
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'taken';
    if (meansNoLink(error)) return 'no-links';
    if (errnoOf(error) === 'ENOENT' && (await unlessAbsent(lstat(from))) === undefined) return 'gone';
    throw error;
  }
}

const byRename: Place<boolean> = async (from, to) => {
  await rename(from, to);
  return true;
};

function createPlaceFirst(): Place<LinkOutcome> {
  let last: Promise<unknown> = Promise.resolve();

  const lookAndRename = async (from: string, to: string) =>
    (await unlessAbsent(lstat(to))) === undefined && byRename(from, to);

  return async (from, to) => {
    const outcome = await linkAtOnce(from, to);
    if (outcome !== 'no-links') return outcome;
    const placed = last.then(() => lookAndRename(from, to));
    last = placed.catch(() => undefined);
    return (await placed) ? 'placed' : 'taken';
  };
}

function pathBelow(root: string, key: ObjectKey): string {
  const path = pathOf(root, key);
  if (path !== undefined) return path;
  throw new AppError('internal', `expected a key below the root; got ${key}`);
}
