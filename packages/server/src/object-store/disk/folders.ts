import { closeSync, constants, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { errnoOf, unlessAbsent } from '../staging/file-fault.ts';

/** Makes, syncs and prunes folders below a root. */
export interface Folders {
  /** The folder is there, though a power cut may take it before `sync`. It may be pruned again at any moment: ENOENT. */
  make(folder: string): Promise<void>;
  /** The names in the folder are on disk, and its own, down from the root. */
  sync(folder: string): Promise<void>;
  /** Distrusts what is remembered of the folder and those above it: one turned out to be gone. */
  forget(folder: string): void;
  /** Removes the folder and those above it, if they are empty, a moment later; the root stays. Waits if too many are to be removed. */
  prune(folder: string): Promise<void>;
}

/** Folders remembered; forgetting costs a sync, so the number only bounds memory. */
const MAX_REMEMBERED = 10_000;

/**
 * A file system that discards freed blocks at once takes milliseconds to remove a folder, so nobody waits for it, and a folder that
 * the next upload needs is still there.
 */
const PRUNE_AFTER_MS = 100;
const MAX_TO_PRUNE = 1_000;

/** What is known of one folder's name. A folder that is made again where one was pruned gets another. */
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
    const isNew = await mkdir(folder).then(
      () => true,
      (error) => {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    if (!isNew && !(await lstat(folder)).isDirectory())
      throw new AppError('unavailable', `expected a folder at ${folder}; got a file or a symbolic link`);
    if (names.size >= MAX_REMEMBERED) names.clear();
    // Also when it was there: whoever made it may have died before syncing.
    if (isNew || !names.has(folder)) names.set(folder, { isDurable: false });
  }

  const upwards = function* (folder: string): Generator<string> {
    for (let at = folder; at.length > root.length; at = dirname(at)) yield at;
  };

  /** One at a time: `removeEmpty` relies on it. Those added meanwhile are for the next round, so nobody waits longer than for two. */
  async function pruneLater(): Promise<void> {
    await delay(PRUNE_AFTER_MS, undefined, { ref: false });
    const folders = [...toPrune];
    toPrune.clear();
    for (const folder of folders) for (const at of upwards(folder)) if (!(await removeEmpty(at))) break;
    pruning = toPrune.size > 0 ? pruneLater() : undefined;
  }

  /** False when something is in it. */
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

  return {
    make,
    async sync(folder) {
      const unsynced = [...upwards(folder)].filter((at) => !names.get(at)?.isDurable);
      const synced = unsynced.map((at) => names.get(at));
      // At once: a file system that keeps a journal needs one commit for all of them.
      await Promise.all([folder, ...unsynced.map(dirname)].map(syncShared));
      for (const name of synced) if (name) name.isDurable = true;
    },
    forget(folder) {
      for (const at of upwards(folder)) names.delete(at);
    },
    async prune(folder) {
      toPrune.add(folder);
      pruning ??= pruneLater();
      if (toPrune.size > MAX_TO_PRUNE) await pruning;
    },
  };
}

/**
 * Syncs folders. Calls during a sync of the same folder share the next one, which begins after they asked. If the first one fails,
 * so do they: the system reports a failed write once, so the next sync could succeed without their names.
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

/** Puts the folder's entries on disk; a folder that is already gone needs nothing. Windows can't open folders. */
async function syncFolder(folder: string): Promise<void> {
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
