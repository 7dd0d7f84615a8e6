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
  const path = join(folder, 'lock');
  try {
    mkdirSync(folder, { recursive: true });
    using opened = new DisposableStack();
    // A transaction held on a database of its own: SQLite's lock is the system's, and dies with the process.
    const database = opened.use(new DatabaseSync(path));
    database.exec('BEGIN EXCLUSIVE');
    return opened.move();
  } catch (error) {
    throw translate(error, folder, path);
  }
}

const translate = (error: unknown, folder: string, path: string): AppError =>
  isBusy(error)
    ? new AppError('unavailable', `Another Safelight service uses the data folder ${folder}`, { cause: error })
    : new AppError('unavailable', `Can't lock ${path}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
