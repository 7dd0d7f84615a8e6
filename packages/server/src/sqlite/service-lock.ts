import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../domain/errors.ts';
import { isBusy } from './sqlite-error.ts';

/**
 * Makes this process the one service of a data folder (which is made if need be) until the lock is disposed of or the
 * process ends, however it ends: keep a reference to it. Admin commands take no lock. Errors: `unavailable`, with a
 * sentence for the operator.
 */
export function lockFolder(folder: string): Disposable {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 }); // what people say of their pictures is nobody else's
    using opened = new DisposableStack();
    // A transaction held on a database of its own: SQLite's lock is the system's, and dies with the process.
    const database = opened.use(new DatabaseSync(join(folder, 'lock')));
    database.exec('BEGIN EXCLUSIVE');
    return opened.move();
  } catch (error) {
    throw translate(error, folder);
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
