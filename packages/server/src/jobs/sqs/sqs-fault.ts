import { AppError } from '../../domain/errors.ts';

const RETRY_AFTER_SECONDS = 2;

/** Temporary errors ("Common errors" of the Amazon SQS API Reference, and those of ReceiveMessage). */
const THROTTLED = new Set([
  'OverLimit',
  'RequestThrottled',
  'KmsThrottled',
  'ThrottlingException',
  'Throttling',
  'ServiceUnavailable',
]);

/** The credentials lack a permission. */
export const isDenied = (error: unknown): boolean =>
  error instanceof Error && ['AccessDenied', 'AccessDeniedException'].includes(nameOf(error));

const GONE = new Set(['MessageNotInflight', 'ReceiptHandleIsInvalid']);

/**
 * The lease has ended: another receiver has the message, or it is gone. Amazon reports this in the message text only.
 */
export const isSuperseded = (error: unknown): boolean =>
  error instanceof Error &&
  (GONE.has(nameOf(error)) ||
    (nameOf(error).startsWith('InvalidParameterValue') && /ReceiptHandle is invalid/.test(error.message)));

/** Translates SQS's errors to the port's. Other errors pass unchanged. */
function sqsFault(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const options = { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS };
  if (THROTTLED.has(nameOf(error))) {
    return new AppError('unavailable', 'expected the queue to accept the request; got a request to slow down', options);
  }
  return new AppError('unavailable', `expected the queue to answer; got ${said(error)}`, options);
}

/** The error's name without the older protocol's prefix. */
export const nameOf = ({ name }: Error): string => name.replace(/^AWS\.SimpleQueueService\./, '');

/** Clients see at most a code: SQS's messages about queues and accounts are for the log. */
const said = (error: Error): string => {
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status === undefined ? 'no answer' : `${status} ${nameOf(error)}`;
};

/** The result of the work. Translates its errors to the port's. */
export const onSqs = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw sqsFault(error);
  });
