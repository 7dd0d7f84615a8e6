import {
  type CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import type { Item } from './item.ts';

const RETRY_AFTER_SECONDS = 2;

/** Temporary errors ("Error handling with DynamoDB", and the reasons of TransactionCanceledException). */
const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingException',
  'ThrottlingError',
  'LimitExceededException',
  'TransactionInProgressException', // our own, whose answer was lost: the SDK waits for it as for throttling
]);

/** Another transaction was running on the same item. */
const CONFLICTS = new Set(['TransactionConflict', 'TransactionConflictException']);

/** Whether the same request may succeed soon, although the SDK doesn't retry it. */
export const isConflict = (error: unknown): boolean => {
  const [name = '', ...reasons] = codesOf(error);
  if (reasons.includes('ConditionalCheckFailed')) return false;
  return CONFLICTS.has(name) || reasons.some((code) => CONFLICTS.has(code) || THROTTLED.has(code));
};

/** The failed conditions, by position in the transaction; undefined if no condition failed. */
export function failedConditions(error: unknown): readonly (CancellationReason | undefined)[] | undefined {
  if (error instanceof ConditionalCheckFailedException) return [{ Code: 'ConditionalCheckFailed', Item: error.Item }];
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = (error.CancellationReasons ?? []).map((one) =>
    one.Code === 'ConditionalCheckFailed' ? one : undefined,
  );
  return reasons.some((one) => one !== undefined) ? reasons : undefined;
}

/** False if a condition of the write failed. Errors: its others. */
export async function isWritten(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (failedConditions(error)) return false;
    throw error;
  }
}

/** The request was invalid: no outage, and a retry doesn't help. */
const OURS = new Set(['ValidationException', 'IdempotentParameterMismatchException', 'SerializationException']);

/** Translates DynamoDB's errors to the port's. Internal errors pass unchanged. */
export function dynamodbFault(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error) || OURS.has(error.name)) return error;
  const isSlow = codesOf(error).some((code) => THROTTLED.has(code) || CONFLICTS.has(code));
  const detail = isSlow
    ? 'expected the table to accept the request; got a request to slow down'
    : `expected the table to answer; got ${said(error)}`;
  return new AppError('unavailable', detail, { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** The error's own name and, for a transaction, the reason of each part. */
const codesOf = (error: unknown): string[] => {
  if (!(error instanceof Error)) return [];
  const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
  return [error.name, ...reasons.flatMap(({ Code }) => Code ?? [])];
};

/** Clients see at most a code: DynamoDB's messages about tables and accounts are for the log. */
const said = (error: Error): string => {
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status === undefined ? 'no answer' : `${status} ${error.name}`;
};

/** The item on which the first condition failed; null if there is none. Other errors are rethrown. */
export function itemInTheWay(error: unknown): Item | null {
  const failed = failedConditions(error)?.[0];
  if (failed === undefined) throw error;
  return failed.Item ?? null;
}
