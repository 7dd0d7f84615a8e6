import { AppError } from '../../domain/errors.ts';

/**
 * S3's errors that mean "no such object", or none that meets the conditions. The answer to a HEAD has no body, so only
 * its status tells.
 */
const ABSENT = new Set(['NoSuchKey', 'NotFound', 'NoSuchVersion', 'PreconditionFailed']);

/** Transient failures, and how long to wait. */
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

/** Translates the store's failures into the port's; others pass unchanged. */
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

/** Clients get at most a code: the store's messages about keys and accounts are for the log. */
const said = (error: Error): string => {
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status === undefined ? 'no answer' : `${status} ${nameOf(error)}`;
};

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** The work's result; undefined if no object matches; failures translated. */
export const unlessAbsent = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (meansAbsent(error)) return undefined;
    throw s3Fault(error);
  }
};

/** The work's result, with failures translated. */
export const onS3 = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error) => {
    throw s3Fault(error);
  });

/** S3 returns this for every object; a store without it is not compatible. */
export const answered = <T>(what: string, value: T | undefined): T => {
  if (value === undefined) throw new AppError('unavailable', `expected the store to answer ${what}; got none`);
  return value;
};
