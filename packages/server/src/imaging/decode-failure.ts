import { AppError } from '../domain/errors.ts';

/** What a job failed of: the system's code for a file, null for anything else. */
export interface Failure {
  readonly systemCode: string | null;
  readonly message: string;
}

export function decodeFailure({ systemCode, message }: Failure): AppError {
  switch (systemCode) {
    case null:
      return new AppError('decoder-failed', 'expected the decoder to finish; it failed', { cause: message });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('insufficient-storage', 'expected room on the disk; it is full', { cause: message });
    default:
      return new AppError('unavailable', "expected to reach an image's file; the system refused", { cause: message });
  }
}
