import { stat } from 'node:fs/promises';
import { AppError } from '../../../../domain/errors.ts';
import { errnoOf } from '../../../../object-store/staging/file-fault.ts';

export interface FolderFaults {
  /** The work's result, with the system's errors translated. */
  onTarget<T>(work: Promise<T>): Promise<T>;
  /**
   * Errors: `unavailable` if another folder, or none, is where it was: a disk that was unmounted leaves an
   * empty one.
   */
  requireRoot(): Promise<void>;
  full(detail: string, cause?: unknown): AppError;
}

/** `subject`: begins the messages, as `The target /backups`. Errors: `unavailable` if there is no such folder. */
export async function createFolderFaults(subject: string, path: string): Promise<FolderFaults> {
  const opened = await stat(path).catch((cause: unknown) => {
    const detail = `${subject} can't be used: expected a folder; got ${errnoOf(cause)}. Make it, or mount its disk`;
    throw new AppError('unavailable', detail, { cause });
  });
  if (!opened.isDirectory())
    throw new AppError('unavailable', `${subject} can't be used: expected a folder; got a file`);

  async function requireRoot(): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found?.dev === opened.dev && found.ino === opened.ino) return;
    const got = found ? 'another one' : 'none';
    throw new AppError('unavailable', `${subject} is gone: expected the folder of the start; got ${got}`);
  }

  const full = (detail: string, cause?: unknown): AppError =>
    new AppError('insufficient-storage', `${subject} is full: ${detail}`, { cause });

  async function translated(error: unknown): Promise<unknown> {
    const code = errnoOf(error);
    if (code === undefined || error instanceof AppError) return error;
    if (code === 'ENOSPC' || code === 'EDQUOT') return full(`expected free space; got ${code}`, error);
    await requireRoot();
    return new AppError('unavailable', `${subject} can't be used: ${(error as Error).message}`, {
      cause: error,
    });
  }

  return {
    requireRoot,
    full,
    onTarget: (work) =>
      work.catch(async (error: unknown) => {
        throw await translated(error);
      }),
  };
}
