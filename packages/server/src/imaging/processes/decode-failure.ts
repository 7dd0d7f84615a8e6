import { AppError } from '../../domain/errors.ts';
import { systemCodeOf } from './decode-reply.ts';

/** Why a job failed: the system's code for a file, null for anything else. */
export interface Failure {
  readonly systemCode: string | null;
  readonly message: string;
}

export function decodeFailure({ systemCode, message }: Failure): AppError {
  switch (systemCode) {
    case null:
      return new AppError('decoder-failed', 'expected a result from the decoder; got a failure', { cause: message });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('insufficient-storage', 'expected free space on the disk; got a full disk', {
        cause: message,
      });
    default:
      return new AppError('unavailable', "expected to reach an image's file; the system refused", { cause: message });
  }
}

/** Its folder is made first. */
export const startFailure = (cause: unknown): AppError => {
  const failure = decodeFailure({ systemCode: systemCodeOf(cause) ?? 'EIO', message: String(cause) });
  if (failure.code === 'insufficient-storage') return failure;
  return new AppError('unavailable', 'expected a decode process to start; got none', { cause });
};

export const died = ({ hasStarted, cause }: { hasStarted: boolean; cause: unknown }): AppError =>
  hasStarted
    ? new AppError('decoder-failed', 'expected a result from the decoder; got a crash', { cause })
    : new AppError('unavailable', 'expected a live decode process; got two crashes', { cause });

export const closed = (cause?: unknown): AppError =>
  new AppError('unavailable', 'expected a running service; got one that is stopping', { cause });

export const systemFailure = (error: unknown): AppError =>
  decodeFailure({ systemCode: systemCodeOf(error) ?? 'EIO', message: String(error) });

export const unsoundAnswer = (cause: unknown): AppError =>
  new AppError('decoder-failed', 'expected a sound answer of the decoder; got another', { cause });
