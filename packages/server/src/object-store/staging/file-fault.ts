import { AppError } from '../../domain/errors.ts';

/** Translates the file system's errors into the port's; others pass unchanged. */
export function diskFault(error: unknown): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  if (FULL.includes(code))
    return new AppError('insufficient-storage', 'expected free space on the disk; got a full disk', { cause: error });
  return new AppError('unavailable', `expected the disk to answer; got ${code}`, { cause: error });
}

/** The fault of a folder of temporary files. A full disk is an overload: removing temporary files makes room again. */
export const temporaryFault = (error: unknown): unknown =>
  FULL.includes(errnoOf(error) ?? '')
    ? new AppError('overloaded', 'expected free space for temporary files; got a full disk', { cause: error })
    : diskFault(error);

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];

/** `ENOENT` and the like; undefined for errors that aren't the system's. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'errno' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/**
 * Errors that mean "no such file": a part is missing, isn't a folder, has an impossible name, or is a symbolic link.
 */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP']);

export const meansAbsent = (error: unknown): boolean => ABSENT.has(errnoOf(error) ?? '');

/** The work's result; undefined if there is no such file. */
export const unlessAbsent = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (meansAbsent(error)) return undefined;
    throw error;
  }
};

/** The work's result, with errors translated. */
export const onDisk = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error) => {
    throw diskFault(error);
  });
