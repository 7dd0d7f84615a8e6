import { closeSync, constants, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { errnoOf, unlessAbsent } from '../staging/file-fault.ts';

/** Makes, syncs and prunes folders below a root. */
export interface Folders {
  /**
   * Makes the folder, not durable before `sync`. It may be pruned again at any moment: then a write fails with ENOENT.
   */
  make(folder: string): Promise<void>;
  /** Makes the folder and runs `work`, again if the folder was pruned meanwhile (ENOENT). */
  within<T>(folder: string, work: () => Promise<T>): Promise<T>;
  /** Syncs the names in the folder, and the folder's own name, down from the root. */
  sync(folder: string): Promise<void>;
  /** Drops the cached state of the folder and its parents after one of them turned out to be gone. */
  forget(folder: string): void;
  /**
   * Removes the folder and its parents if they are empty, after a delay; the root stays. Waits if too many removals are
   * queued.
   */
  prune(folder: string): Promise<void>;
}

/** The limit of cached folders; evicting one costs a sync. */
const MAX_REMEMBERED = 10_000;

/**
 * Removing a folder takes milliseconds on a file system that discards freed blocks at once. Therefore it happens in the
 * background, and a folder that the next upload needs still exists.
 */
const PRUNE_AFTER_MS = 100;
const MAX_TO_PRUNE = 1_000;

/** Each retry means that a delete pruned the new folder; this many in a row have another cause. */
const MAX_TRIES = 20;

/** The cached state of one folder's name. A folder that is made again after pruning gets a new state. */
interface Name {
  isDurable: boolean;
}

export function createFolders(root: string): Folders {
  const names = new Map<string, Name>();
  const syncShared = createSharedSyncs();
  const toPrune = new Set<string>();
  let pruning: Promise<void> | undefined;

  async function make(folder: string): Promise<void> {
    if (folder === root || names.has(folder)) return;
    await make(dirname(folder));
    const isNew = await mkdir(folder, 0o700).then(
      () => true,
      (error) => {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    if (!isNew && !(await lstat(folder)).isDirectory())
      throw new AppError('unavailable', `expected a folder at ${folder}; got a file or a symbolic link`);
    if (names.size >= MAX_REMEMBERED) names.clear();
    // Also if the folder existed: the process that made it may have died before the sync.
    if (isNew || !names.has(folder)) names.set(folder, { isDurable: false });
  }

  const upwards = function* (folder: string): Generator<string> {
    for (let at = folder; at.length > root.length; at = dirname(at)) yield at;
  };

  /**
   * One round at a time: `removeEmpty` relies on it. Later additions go to the next round, so a caller waits for two at
   * most.
   */
  async function pruneLater(): Promise<void> {
    await delay(PRUNE_AFTER_MS, undefined, { ref: false });
    const folders = [...toPrune];
    toPrune.clear();
    for (const folder of folders) for (const at of upwards(folder)) if (!(await removeEmpty(at))) break;
    pruning = toPrune.size > 0 ? pruneLater() : undefined;
  }

  /** False if the folder isn't empty. */
  async function removeEmpty(folder: string): Promise<boolean> {
    const name = names.get(folder);
    names.delete(folder); // first: a folder that is made again during rmdir(2) must not count as durable
    const isGone = await rmdir(folder).then(
      () => true,
      (error) => errnoOf(error) === 'ENOENT',
    );
    if (!isGone && name && !names.has(folder)) names.set(folder, name);
    return isGone;
  }

  const forget = (folder: string): void => {
    for (const at of upwards(folder)) names.delete(at);
  };

  return {
    make,
    async within(folder, work) {
      for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
        try {
          await make(folder);
          requireContained(folder);
          return await work();
        } catch (error) {
          if (errnoOf(error) !== 'ENOENT') throw error;
          forget(folder);
        }
      }
      throw new AppError('unavailable', `expected the folder ${folder} to stay; got none`);
    },
    async sync(folder) {
      const unsynced = [...upwards(folder)].filter((at) => !names.get(at)?.isDurable);
      const synced = unsynced.map((at) => names.get(at));
      // Concurrent syncs: a journaling file system needs one commit for all of them.
      await Promise.all([folder, ...unsynced.map(dirname)].map(syncShared));
      for (const name of synced) if (name) name.isDurable = true;
    },
    forget,
    async prune(folder) {
      toPrune.add(folder);
      pruning ??= pruneLater();
      if (toPrune.size > MAX_TO_PRUNE) await pruning;
    },
  };
}

/**
 * Syncs folders. Calls during a sync of the same folder share the next one. If the current one fails, the shared one
 * fails too: the system reports a failed write only once, so the next sync could succeed without their names.
 */
function createSharedSyncs(): (folder: string) => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const begin = (folder: string): Promise<void> => {
    const sync = syncFolder(folder).finally(() => {
      if (underWay.get(folder) === sync) underWay.delete(folder);
    });
    underWay.set(folder, sync);
    return sync;
  };

  return (folder) => {
    const before = underWay.get(folder);
    if (!before) return begin(folder);
    const queued = next.get(folder);
    if (queued) return queued;
    const following = before.finally(() => next.delete(folder)).then(() => begin(folder));
    next.set(folder, following);
    return following;
  };
}

/** Syncs the folder's entries; a folder that is already gone needs no sync. Windows can't open folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await unlessAbsent(open(folder, constants.O_RDONLY | constants.O_DIRECTORY));
  await handle?.sync();
}

/** ENOENT if there is no such folder. */
function requireContained(folder: string): void {
  if (realpathSync.native(folder) !== folder)
    throw new AppError('unavailable', `expected folders in the store; got a symbolic link in ${folder}`);
}

/** Makes the root and its parents durably; returns its real path, because an operator may use a symbolic link. */
export function makeRoot(folder: string): string {
  // Private: a user who may list the folder can read every image.
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
