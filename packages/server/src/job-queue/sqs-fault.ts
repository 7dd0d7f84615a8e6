import { AppError } from '../domain/errors.ts';

const RETRY_AFTER_SECONDS = 2;

/** What waiting mends ("Common errors" of the Amazon SQS API Reference, and those of ReceiveMessage). */
const THROTTLED = new Set([
  'OverLimit',
  'RequestThrottled',
  'KmsThrottled',
  'ThrottlingException',
  'Throttling',
  'ServiceUnavailable',
]);

const GONE = new Set(['MessageNotInflight', 'ReceiptHandleIsInvalid']);

/** Its lease is over: somebody else has the message, or it is gone. Amazon itself says so in words only. */
export const isSuperseded = (error: unknown): boolean =>
  error instanceof Error &&
  (GONE.has(nameOf(error)) ||
    (nameOf(error).startsWith('InvalidParameterValue') && /ReceiptHandle is invalid/.test(error.message)));

/** SQS's failures in the port's words; anything else passes unchanged. */
function sqsFault(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const options = { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS };
  if (THROTTLED.has(nameOf(error))) {
    return new AppError('unavailable', 'expected the queue to accept the request; got a request to slow down', options);
  }
  return new AppError('unavailable', `expected the queue to answer; got ${said(error)}`, options);
}

/** Without what the older protocol puts before it. */
export const nameOf = ({ name }: Error): string => name.replace(/^AWS\.SimpleQueueService\./, '');

/** Our clients are told a code at most: what SQS says of queues and accounts is for the log. */
const said = (error: Error): string => {
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status === undefined ? 'no answer' : `${status} ${nameOf(error)}`;
};

/** The work's result; its failures in the port's words. */
export const onSqs = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw sqsFault(error);
  });
