import { diagnoseConnection } from '../../../../aws/diagnosis.ts';
import { AppError } from '../../../../domain/errors.ts';
import { isKeyRefused } from '../../../../object-store/s3/diagnosis.ts';
import { meansAbsent, nameOf, s3Fault } from '../../../../object-store/s3/s3-fault.ts';

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
  const sentence = meansAbsent(cause) ? detail : (diagnosed(cause, where) ?? detail);
  if (code === 'insufficient-storage')
    return new AppError(code, `The target ${where.name} is full: ${detail}`, { cause });
  return new AppError(code, `The target ${where.name} can't be used: ${sentence}`, { cause });
}

/** For the operator: why the bucket can't be used, and the remedy. Undefined for unknown errors. */
function diagnosed(error: Error, { bucket, region, endpoint }: Where): string | undefined {
  const at = endpoint ?? `Amazon S3 in ${region}`;
  const orElsewhere = endpoint === null ? ". If the store isn't Amazon's, set BACKUP_S3_ENDPOINT to its address" : '';
  if (isKeyRefused(error))
    return `${at} refuses the credentials: set BACKUP_AWS_ACCESS_KEY_ID and BACKUP_AWS_SECRET_ACCESS_KEY to a key of its own${orElsewhere}`;
  switch (nameOf(error)) {
    case 'NoSuchBucket':
      return `there is no bucket ${bucket} at ${at}: make it, and keep it private${orElsewhere}`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `the bucket ${bucket} is not in ${region}: set BACKUP_S3_REGION to its region`;
    case 'AccessDenied':
    case 'Forbidden':
      return `the credentials may not use the bucket ${bucket}: docs/backup.md has the policy that they need`;
    default:
      return diagnoseConnection(error, { at, setting: endpoint === null ? 'BACKUP_S3_REGION' : 'BACKUP_S3_ENDPOINT' });
  }
}
