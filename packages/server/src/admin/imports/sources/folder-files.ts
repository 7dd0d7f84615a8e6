import { access, constants, lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import { errnoOf, unlessAbsent } from '../../../object-store/staging/file-fault.ts';
import { createFolderFaults } from '../../archive/place/folder/folder-fault.ts';
import { openFile } from '../../archive/place/folder/open-file.ts';
import type { SourceFault } from '../import-source.ts';
import type { SourceFile, SourceFiles } from './source-files.ts';

/** Hidden files, reports of imports, and what desktops and network drives leave: nobody means them. */
const LEFT_OUT =
  /^(?:\.|(?:import-[0-9a-f]{8}\.ndjson|thumbs\.db|desktop\.ini|ehthumbs\.db|@eadir|#recycle|lost\+found|\$recycle\.bin|__macosx)$)/i;
const SIDECAR = /\.xmp$/i;

const OURS = 'the data folder of this service';

export interface FolderFilesOptions {
  readonly dir: string;
  /** A file that isn't listed, as a table about the others; absent: none. */
  readonly except?: string | undefined;
  /** The data folder of this service, whose files aren't listed: an import would double them. Absent: none. */
  readonly dataDir?: string | undefined;
}

/**
 * The files of a folder and of those below it, depth first by the code units of names. Symbolic links aren't followed:
 * their targets in the folder are found by themselves. Errors: `unavailable` if there is no such folder.
 */
export async function openFolderFiles({ dir, except, dataDir }: FolderFilesOptions): Promise<SourceFiles> {
  const faults = await createFolderFaults(`The folder ${dir}`, dir);
  const { onTarget } = faults;
  const root = await onTarget(realpath(dir));
  const realOf = async (path: string | undefined) =>
    path === undefined ? undefined : await onTarget(unlessAbsent(realpath(path)));
  const [leftOut, ours] = [await realOf(except), await realOf(dataDir)];
  if (root === ours) throw new AppError('unavailable', `expected a folder of pictures; got ${OURS}`);

  async function stat(path: string): Promise<SourceFile | SourceFault | undefined> {
    if (!isRelative(path)) return { path, fault: 'expected a path in the folder; got one that leaves it' };
    const file = join(root, path);
    const stats = await onTarget(unlessAbsent(lstat(file)));
    if (!stats) {
      await faults.requireRoot();
      return undefined;
    }
    if (!stats.isFile()) return { path, fault: `expected a file; got ${kindOf(stats)}` };
    if (!(await isBelow(file)))
      return { path, fault: 'expected a file in the folder; got one behind a link to outside' };
    return readable({ path, sizeBytes: stats.size, modifiedAt: stats.mtime });
  }

  /** A file that may not be read ends no import. */
  async function readable(file: SourceFile): Promise<SourceFile | SourceFault> {
    try {
      await access(join(root, file.path), constants.R_OK);
      return file;
    } catch (error) {
      const code = errnoOf(error);
      if (code !== 'EACCES' && code !== 'EPERM') return file; // opening it tells
      return { path: file.path, fault: `expected a file that may be read; got ${code}` };
    }
  }

  /** Ends with what a damaged part of the disk left: the files behind it are still there. */
  async function* undamaged(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* chunks;
    } catch (error) {
      if (!(error instanceof AppError) || errnoOf(error.cause) !== 'EIO') throw error;
      throw new AppError('upload-missing', 'expected all bytes of the file; got EIO', { cause: error });
    }
  }

  const below = root.endsWith(sep) ? root : root + sep;
  /** No folder on the way is a link to outside. */
  const isBelow = async (file: string): Promise<boolean> =>
    (await onTarget(unlessAbsent(realpath(file))))?.startsWith(below) ?? false;

  async function* walk(folder: string): AsyncGenerator<SourceFile | SourceFault, void, void> {
    const names = await namesIn(folder);
    if ('fault' in names) return yield names;
    for (const name of names) {
      if (LEFT_OUT.test(name) || SIDECAR.test(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const file = join(root, path);
      if (file === leftOut) continue;
      const stats = await onTarget(unlessAbsent(lstat(file)));
      if (file === ours) yield { path, fault: `expected pictures from elsewhere; got ${OURS}` };
      else if (stats?.isDirectory()) yield* walk(path);
      else if (stats?.isFile()) yield await readable({ path, sizeBytes: stats.size, modifiedAt: stats.mtime });
      else if (stats) yield { path, fault: `expected a file; got ${kindOf(stats)}` };
      // Node decodes names: that of a name in another encoding names no file.
      else if (name.includes('\uFFFD')) yield { path, fault: 'expected a name in UTF-8; got other bytes' };
      else await faults.requireRoot();
    }
  }

  async function namesIn(folder: string): Promise<readonly string[] | SourceFault> {
    try {
      return (await readdir(join(root, folder))).sort();
    } catch (error) {
      await faults.requireRoot();
      const code = errnoOf(error);
      if (folder !== '' && (code === 'EACCES' || code === 'EPERM'))
        return { path: folder, fault: `expected a folder that may be read; got ${code}` };
      return folder !== '' && code === 'ENOENT' ? [] : onTarget(Promise.reject(error));
    }
  }

  return {
    name: `folder:${root}`,
    stat,
    async open(path, signal) {
      signal.throwIfAborted();
      const found = await stat(path);
      const chunks = found && 'fault' in found ? undefined : await openFile(join(root, path), faults);
      return chunks && undamaged(chunks);
    },
    list: () => walk(''),
    async [Symbol.asyncDispose]() {},
  };
}

/** Each part is a name: the path ends up below the folder, and no other text names the same file. */
const isRelative = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const KINDS = {
  isDirectory: 'a folder',
  isSymbolicLink: 'a symbolic link',
  isFIFO: 'a pipe',
  isSocket: 'a socket',
  isBlockDevice: 'a device',
  isCharacterDevice: 'a device',
} as const;

const kindOf = (stats: Readonly<Record<keyof typeof KINDS, () => boolean>>): string =>
  Object.entries(KINDS).find(([is]) => stats[is as keyof typeof KINDS]())?.[1] ?? 'something else';
