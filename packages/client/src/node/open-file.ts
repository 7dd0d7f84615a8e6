import { openAsBlob } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { SafelightError } from '../errors.ts';

/** A file on disk, of which no byte is in memory. Reading fails if it has changed since it was opened. */
export interface LocalFile extends Blob {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}

/** Opens a file for an upload. Errors: `unreadable-file` with the reason. */
export async function openFile(path: string): Promise<LocalFile> {
  const absolute = resolve(path);
  try {
    const found = await stat(absolute);
    if (!found.isFile()) throw unreadable(found.isDirectory() ? 'a folder' : 'something else', absolute);
    await access(absolute, constants.R_OK);
    const fields = { name: basename(absolute), path: absolute, lastModified: Math.trunc(found.mtimeMs) };
    return Object.assign(await openAsBlob(absolute), fields);
  } catch (cause) {
    throw cause instanceof SafelightError ? cause : unreadable(reasonOf(cause), absolute, cause);
  }
}

const unreadable = (found: string, path: string, cause?: unknown): SafelightError =>
  new SafelightError('unreadable-file', `expected a file that can be read; got ${found}: ${path}`, { cause });

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'no file, or a broken link';
    case 'ELOOP':
      return 'a link to itself';
    case 'EACCES':
    case 'EPERM':
      return 'a file that this user may not read';
    default:
      return String((error as Error).message);
  }
}

export const isLocalFile = (file: Blob): file is LocalFile => 'path' in file && typeof file.path === 'string';
