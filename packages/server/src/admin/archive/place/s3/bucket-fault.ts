import { AppError } from '../../../../domain/errors.ts';
import { diagnoseElsewhere, type ElsewhereSettings } from '../../../../object-store/s3/diagnose-elsewhere.ts';
import { meansAbsent, s3Fault } from '../../../../object-store/s3/s3-fault.ts';

interface Where {
  readonly name: string;
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | null;
}

/** `onTarget`: the work's result, with the store's errors translated. */
export function createBucketFaults(where: Where): { onTarget<T>(work: Promise<T>): Promise<T> } {
  return {
    onTarget: (work) =>
      work.catch((error: unknown) => {
        throw translated(error, where);
      }),
  };
}

function translated(error: unknown, where: Where): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error instanceof AppError && error.cause instanceof Error ? error.cause : error;
  const fault = s3Fault(error);
  const { code, detail } = fault instanceof AppError ? fault : { code: 'unavailable' as const, detail: error.message };
  // An absent object is a value: the caller finds it by the cause.
  const sentence = meansAbsent(cause) ? detail : (diagnoseElsewhere(cause, where, SETTINGS) ?? detail);
  if (code === 'insufficient-storage')
    return new AppError(code, `The target ${where.name} is full: ${detail}`, { cause });
  return new AppError(code, `The target ${where.name} can't be used: ${sentence}`, { cause });
}

const SETTINGS: ElsewhereSettings = {
  accessKeyId: 'BACKUP_AWS_ACCESS_KEY_ID',
  secretAccessKey: 'BACKUP_AWS_SECRET_ACCESS_KEY',
  region: 'BACKUP_S3_REGION',
  endpoint: 'BACKUP_S3_ENDPOINT',
  page: 'docs/backup.md',
  ifAbsent: 'make it, and keep it private',
};
