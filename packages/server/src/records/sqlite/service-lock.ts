import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../domain/errors.ts';
import { isBusy } from './sqlite-error.ts';

/**
 * Makes this process the only service of a data folder (which is made if needed) until the lock is disposed of or the
 * process ends: keep a reference to it. Admin commands take no lock. Errors: `unavailable`, with a sentence for the
 * operator.
 */
export function lockFolder(folder: string): Disposable {
  try {
    makeFolder(folder);
    using opened = new DisposableStack();
    // An open transaction on a separate database: SQLite's lock is the system's, so it ends with the process.
    const database = opened.use(new DatabaseSync(join(folder, 'lock')));
    database.exec('BEGIN EXCLUSIVE');
    return opened.move();
  } catch (error) {
    throw translate(error, folder);
  }
}

/**
 * A folder for this process alone: the first one below `parent` that no other process holds. Of two simultaneous calls
 * neither may get it: then it is free for the next. Errors: those of `lockFolder`.
 */
export function lockFreeFolder(parent: string): Disposable & { readonly path: string } {
  for (let number = 0; ; number += 1) {
    const path = join(parent, String(number));
    try {
      const lock = lockFolder(path);
      return { path, [Symbol.dispose]: () => lock[Symbol.dispose]() };
    } catch (error) {
      if (!(error instanceof AppError) || !isBusy(error.cause)) throw error;
    }
  }
}

/**
 * Makes the folder and its missing parents, and syncs every name: a power cut that loses a folder loses everything
 * below it.
 */
function makeFolder(folder: string): void {
  const first = makeMissing(folder);
  if (first === undefined || process.platform === 'win32') return; // which can't open folders
  const above = dirname(realpathSync(first));
  for (let made = realpathSync(folder); made !== above; made = dirname(made)) {
    const parent = openSync(dirname(made), 'r');
    fsyncSync(parent);
    closeSync(parent);
  }
}

/**
 * Returns the uppermost folder that was missing. Node's recursive mkdirSync never returns where a name can't be made,
 * as in /proc.
 */
function makeMissing(folder: string): string | undefined {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path) && path !== dirname(path); path = dirname(path))
    missing.unshift(path);
  for (const path of missing) {
    try {
      mkdirSync(path, { mode: 0o700 }); // the records contain private texts
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error; // another process was faster
    }
  }
  if (!statSync(folder).isDirectory()) throw new Error('it is no folder');
  return missing[0];
}

const translate = (error: unknown, folder: string): AppError =>
  isBusy(error)
    ? new AppError('unavailable', `Another Safelight service uses the data folder ${folder}`, { cause: error })
    : new AppError(
        'unavailable',
        `Can't use the data folder ${folder} (${error instanceof Error ? error.message : error}); set DATA_DIR to one that can be written to`,
        { cause: error },
      );
