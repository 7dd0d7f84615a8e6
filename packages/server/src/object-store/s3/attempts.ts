import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { meansAbsent, nameOf } from './s3-fault.ts';

/** One request and two repetitions: seconds at most. */
export const ATTEMPTS = 3;

const FIRST_PAUSE_MS = 200;

/** Waits behind the given attempt (from 1) before the next: at random, since many may have failed together. */
export const pauseAfter = (attempt: number): Promise<void> => delay(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);

/** For what the SDK can't repeat, or must not repeat as it is: `attempt` makes each request anew. */
export async function repeated<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === ATTEMPTS || !isPassing(error)) throw error;
    }
    await pauseAfter(count);
  }
}

/** Faults that another attempt may not meet: no answer, one of the store's own, or a clock that was wrong until now. */
const isPassing = (error: unknown): boolean => {
  if (meansAbsent(error) || error instanceof AppError || !(error instanceof Error)) return false;
  if (nameOf(error) === 'ConditionalRequestConflict') return true; // another's conditional write is not decided yet
  const { httpStatusCode: status, clockSkewCorrected } = '$metadata' in error ? (error.$metadata as Metadata) : {};
  return status === undefined || status >= 500 || status === 429 || clockSkewCorrected === true;
};

/** What the SDK notes on its errors. */
interface Metadata {
  readonly httpStatusCode?: number;
  /** By what this answer said: the next request is dated rightly. */
  readonly clockSkewCorrected?: boolean;
}
