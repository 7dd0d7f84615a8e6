import { randomUUID } from 'node:crypto';
import {
  link,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { createFolders } from '../../../../object-store/disk/folders.ts';
import { errnoOf, unlessAbsent } from '../../../../object-store/staging/file-fault.ts';
import { requirePath, type Target, type TargetPath } from '../target.ts';
import { createFolderFaults } from './folder-fault.ts';
import { openFile } from './open-file.ts';

/**
 * Files on their way, below the root: a rename then moves them within one file system. Their names are UUIDs; others
 * aren't ours.
 */
const TEMPORARY = 'tmp';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The file system's own. */
const LOST = 'lost+found';

/** Stays free: a disk that is full to its last byte stops more than backups. */
const SPARE_BYTES = 16 * 1_048_576;
/** Others write to the disk too, so free space is measured after so many bytes. */
const MEASURED_BYTES = 8 * 1_048_576;
/** What an empty file takes. */
const FILE_BYTES = 4_096;
/** A temporary file this old is left from a process that was killed. */
const LEFTOVER_MS = 86_400_000;
const STATS_AT_ONCE = 64;

export interface FolderTargetOptions {
  /** As the operator named it. */
  readonly name: string;
  readonly path: string;
}

/** Opens an existing folder as a target. Files are 0600, folders 0700. Errors: `unavailable`. */
export async function openFolderTarget({ name, path }: FolderTargetOptions): Promise<Target> {
  const faults = await createFolderFaults(`The target ${name}`, path);
  const { onTarget } = faults;
  const root = await onTarget(realpath(path));
  const temporary = join(root, TEMPORARY);
  const folders = createFolders(root);

  const at = (file: TargetPath): string => {
    requirePath(file);
    return join(root, file);
  };

  let preparing: Promise<void> | undefined;
  /** Bytes that may be written before free space is measured again. */
  let free = 0;

  /** Before the first write: a restore may read from a disk that is mounted read-only. */
  const prepare = (): Promise<void> =>
    (preparing ??= faults
      .requireRoot()
      .then(() => onTarget(makeTemporary(temporary)))
      .catch((error: unknown) => {
        preparing = undefined;
        throw error;
      }));

  async function requireSpace(sizeBytes: number): Promise<void> {
    await prepare();
    free -= sizeBytes + FILE_BYTES;
    if (free >= 0) return;
    const { bavail, bsize } = await onTarget(statfs(temporary));
    const found = bavail * bsize - SPARE_BYTES;
    if (found < sizeBytes) throw faults.full(`expected space for ${sizeBytes} bytes; got ${Math.max(found, 0)}`);
    free = Math.min(found - sizeBytes, MEASURED_BYTES);
  }

  /** A synced file with the bytes, in the folder of temporary files. */
  async function stage(source: AsyncIterable<Uint8Array>): Promise<string> {
    const staged = join(temporary, randomUUID());
    const handle = await onTarget(open(staged, 'wx', 0o600));
    try {
      try {
        for await (const chunk of source) await onTarget(handle.writeFile(chunk));
        await onTarget(handle.sync());
      } finally {
        await handle.close().catch(() => undefined); // after the sync it can't lose anything
      }
      return staged;
    } catch (error) {
      await rm(staged, { force: true }).catch(() => undefined); // the target may be gone
      throw error;
    }
  }

  /** `make` and the rename meet no other process: whoever writes holds the lock. */
  async function move(staged: string, to: string): Promise<void> {
    try {
      await onTarget(folders.make(dirname(to)));
      await onTarget(rename(staged, to));
      await onTarget(folders.sync(dirname(to)));
    } catch (error) {
      folders.forget(dirname(to));
      await rm(staged, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /**
   * By a link, so that nobody reads a part of it, also after a kill. It may take of the space that stays free: a prune
   * of a full disk needs its lock. `makeRoom`: once the text is durable; false: the path stays another's.
   */
  async function createExclusively(path: string, text: string, makeRoom = async () => true): Promise<boolean> {
    await prepare();
    await onTarget(folders.make(dirname(path)));
    const staged = await stage(Readable.from([Buffer.from(text)]));
    let isMade: boolean | undefined;
    try {
      if (!(await makeRoom())) return false;
      isMade = await link(staged, path).then(
        () => true,
        (error: unknown) => (errnoOf(error) === 'EEXIST' ? false : undefined),
      );
    } finally {
      await rm(staged, { force: true }).catch(() => undefined); // the target may be gone
    }
    if (isMade === undefined) return createWithoutLink(path, text);
    if (isMade) await onTarget(folders.sync(dirname(path)));
    return isMade;
  }

  /** For file systems without links, as exFAT. */
  async function createWithoutLink(path: string, text: string): Promise<boolean> {
    const handle = await onTarget(unlessThere(open(path, 'wx', 0o600)));
    if (!handle) return false;
    try {
      await onTarget(handle.writeFile(text));
      await onTarget(handle.sync());
    } finally {
      await handle.close();
    }
    await onTarget(folders.sync(dirname(path)));
    return true;
  }

  /** Entry by entry: a forged target may have millions in one folder. */
  async function* walk(folder: string, prefix: string): AsyncGenerator<{ path: TargetPath; sizeBytes: number }> {
    const entries = await onTarget(unlessAbsent(opendir(folder, { bufferSize: STATS_AT_ONCE })));
    if (!entries) return await faults.requireRoot();
    const isOnTheWay = (name: string): boolean => prefix === `${TEMPORARY}/` && UUID.test(name);
    let names: string[] = [];
    async function* sized(): AsyncGenerator<{ path: TargetPath; sizeBytes: number }> {
      const found = await onTarget(Promise.all(names.map((one) => unlessAbsent(lstat(join(folder, one))))));
      for (const [index, stats] of found.entries())
        if (stats) yield { path: `${prefix}${names[index]}`, sizeBytes: stats.size };
      names = [];
    }
    try {
      for (;;) {
        const entry = await onTarget(entries.read());
        if (!entry) break;
        const { name } = entry;
        if (entry.isDirectory() && (prefix !== '' || name !== LOST))
          yield* walk(join(folder, name), `${prefix}${name}/`);
        if (entry.isFile() && !isOnTheWay(name) && names.push(name) === STATS_AT_ONCE) yield* sized();
      }
      yield* sized();
    } finally {
      await entries.close();
    }
  }

  return {
    name,

    async sizeOf(path) {
      const stats = await onTarget(unlessAbsent(lstat(at(path))));
      if (stats?.isFile()) return stats.size;
      await faults.requireRoot();
      return undefined;
    },

    async put(path, source, { sizeBytes = 0 } = {}) {
      await requireSpace(sizeBytes);
      await move(await stage(source), at(path));
    },

    async get(path) {
      const stream = await openFile(at(path), faults);
      if (!stream) await faults.requireRoot();
      return stream;
    },

    async *list(prefix) {
      await faults.requireRoot();
      yield* walk(prefix === '' ? root : at(prefix.slice(0, -1)), prefix);
    },

    async delete(paths) {
      const parents = new Set<string>();
      for (const path of paths) {
        const file = at(path);
        await onTarget(rm(file, { force: true }));
        parents.add(dirname(file));
      }
      for (const parent of parents) await onTarget(folders.sync(parent));
      for (const parent of parents) await removeIfEmpty(parent, root);
      for (const parent of parents) folders.forget(parent);
    },

    create: async (path, text) => createExclusively(at(path), text),

    /** The rename decides who of several is first. In between there is no file, as if there never had been one. */
    async replace(path, from, to) {
      const file = at(path);
      if ((await onTarget(unlessAbsent(readFile(file, 'utf8')))) !== from) return false;
      return createExclusively(file, to, async () => {
        const former = join(temporary, randomUUID());
        const isFirst = await onTarget(unlessAbsent(rename(file, former).then(() => true)));
        if (!isFirst) return false;
        if ((await onTarget(readFile(former, 'utf8'))) !== from) {
          await onTarget(rename(former, file)); // another's, written since it was read
          return false;
        }
        await onTarget(rm(former, { force: true }));
        return true;
      });
    },

    async [Symbol.asyncDispose]() {},
  };
}

async function unlessThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  }
}

async function removeIfEmpty(folder: string, root: string): Promise<void> {
  if (folder !== root) await rmdir(folder).catch(() => undefined);
}

/** With what was left from former processes removed. */
async function makeTemporary(temporary: string): Promise<void> {
  await unlessThere(mkdir(temporary, { mode: 0o700 })); // not recursive: that says ENOENT on a disk that is mounted read-only
  for (const name of (await readdir(temporary)).filter((one) => UUID.test(one))) {
    const file = join(temporary, name);
    const found = await unlessAbsent(stat(file));
    if (found?.isFile() && Date.now() - found.mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
  }
}
