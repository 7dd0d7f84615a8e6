import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { meansAbsent, nameOf } from './s3-fault.ts';

/** One request and two retries: a few seconds at most. */
export const ATTEMPTS = 3;

const FIRST_PAUSE_MS = 200;

/** Waits after the given attempt (from 1), with jitter, because many requests may have failed together. */
export const pauseAfter = (attempt: number): Promise<void> => delay(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);

/** For requests that the SDK can't or must not repeat: `attempt` makes each request anew. */
export async function repeated<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === ATTEMPTS || !isRetryable(error)) throw error;
    }
    await pauseAfter(count);
  }
}

/**
 * Whether another attempt may succeed: there was no answer, the store failed, or the SDK has corrected its clock since.
 */
const isRetryable = (error: unknown): boolean => {
  if (meansAbsent(error) || error instanceof AppError || !(error instanceof Error)) return false;
  if (nameOf(error) === 'ConditionalRequestConflict') return true; // another conditional write is still in progress
  const { httpStatusCode: status, clockSkewCorrected } = '$metadata' in error ? (error.$metadata as Metadata) : {};
  return status === undefined || status >= 500 || status === 429 || clockSkewCorrected === true;
};

/** The SDK's annotations on its errors. */
interface Metadata {
  readonly httpStatusCode?: number;
  /** Corrects the clock by the Date of this answer, so that the next request is dated correctly. */
  readonly clockSkewCorrected?: boolean;
}
