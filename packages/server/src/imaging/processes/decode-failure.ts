import { AppError } from '../../domain/errors.ts';

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
