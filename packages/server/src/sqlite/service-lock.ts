import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../domain/errors.ts';
import { isBusy } from './sqlite-error.ts';

/**
 * Makes this process the only service of a data folder (which is made if needed) until the lock is disposed of or the process ends:
 * keep a reference to it. Admin commands take no lock. Errors: `unavailable`, with a sentence for the operator.
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
 * A folder for this process alone: the first one below `parent` that no other process holds. Of two simultaneous calls neither may get
 * it: then it is free for the next. Errors: those of `lockFolder`.
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

/** Makes the folder and its missing parents, and syncs every name: a power cut that loses a folder loses everything below it. */
function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 }); // the records contain private texts
  if (first === undefined || process.platform === 'win32') return; // which can't open folders
  const above = dirname(realpathSync(first));
  for (let made = realpathSync(folder); made !== above; made = dirname(made)) {
    const parent = openSync(dirname(made), 'r');
    fsyncSync(parent);
    closeSync(parent);
  }
}

const translate = (error: unknown, folder: string): AppError =>
  isBusy(error)
    ? new AppError('unavailable', `Another Safelight service uses the data folder ${folder}`, { cause: error })
    : new AppError(
        'unavailable',
        `Can't use the data folder ${folder} (${error instanceof Error ? error.message : error}); set DATA_DIR to one that can be written to`,
        { cause: error },
      );
