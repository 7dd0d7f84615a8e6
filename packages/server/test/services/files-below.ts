import { execFile } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MAX_BYTES = 100_000_000;

/** Paths of all files below the folder, even while the service removes empty folders in it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await entriesBelow(folder);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** All files and folders below the folder, even while the service removes empty folders in it. */
export async function entriesBelow(folder: string): Promise<readonly Dirent[]> {
  for (;;) {
    try {
      return await readdir(folder, { recursive: true, withFileTypes: true });
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || path === folder) throw error;
    }
  }
}

/**
 * The bytes of a file, read by another process: where this one has a database open, closing any other descriptor of its
 * files ends its locks (how POSIX locks work), and a VACUUM beside it would cut the log that it reads.
 */
export async function bytesByOtherProcess(path: string): Promise<Buffer> {
  const { stdout } = await promisify(execFile)('cat', ['--', path], { encoding: 'buffer', maxBuffer: MAX_BYTES });
  return stdout;
}
