import { AppError } from '../../domain/errors.ts';

/**
 * Errors of S3 that mean "no such object", or none that meets a request's conditions. A HEAD's answer has no body, so there is
 * only its status.
 */
const ABSENT = new Set(['NoSuchKey', 'NotFound', 'NoSuchVersion', 'PreconditionFailed']);

/** What waiting mends, and for how long to wait. */
const SLOW_DOWN = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'RequestLimitExceeded',
  'ThrottlingException',
  'Throttling',
]);
const RETRY_AFTER_SECONDS = 2;

const FULL = new Set(['QuotaExceeded', 'InsufficientCapacity', 'InsufficientStorage', 'XMinioStorageFull']);

export const meansAbsent = (error: unknown): boolean => ABSENT.has(nameOf(error));

/** The store's failures in the port's words; anything else passes unchanged. */
export function s3Fault(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const name = nameOf(error);
  if (FULL.has(name))
    return new AppError('insufficient-storage', 'expected free space in the bucket; got a full bucket', {
      cause: error,
    });
  if (SLOW_DOWN.has(name)) {
    const options = { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS };
    return new AppError('unavailable', 'expected the store to accept the request; got a request to slow down', options);
  }
  return new AppError('unavailable', `expected the store to answer; got ${said(error)}`, { cause: error });
}

/** Our clients are told a code at most: what the store says of keys and accounts is for the log. */
const said = (error: Error): string => {
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status === undefined ? 'no answer' : `${status} ${nameOf(error)}`;
};

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** The work's result, or undefined where no object is what was asked for; failures in the port's words. */
export const unlessAbsent = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (meansAbsent(error)) return undefined;
    throw s3Fault(error);
  }
};

/** The work's result; its failures in the port's words. */
export const onS3 = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error) => {
    throw s3Fault(error);
  });

/** What S3 says of every object; a store that doesn't is none of its kin. */
export const answered = <T>(what: string, value: T | undefined): T => {
  if (value === undefined) throw new AppError('unavailable', `expected the store to answer ${what}; got none`);
  return value;
};
