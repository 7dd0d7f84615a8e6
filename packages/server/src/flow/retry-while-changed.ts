import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../domain/errors.ts';

/** An attempt returns this if the record was changed between its read and its write. */
export const CHANGED = Symbol('changed');

/**
 * Attempts of one write. With twenty concurrent writers of one record in a table, the last needs eight attempts; the
 * pauses take 3.2 s at most.
 */
const ATTEMPTS = 12;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
const RETRY_AFTER_SECONDS = 2;

/**
 * Repeats an optimistic write: `attempt` reads the record, decides, and writes if the record is unchanged. Errors:
 * those of an attempt; `unavailable` if the record kept changing.
 */
export async function retryWhileChanged<Result>(attempt: () => Promise<Result | typeof CHANGED>): Promise<Result> {
  for (let attempts = 1; attempts <= ATTEMPTS; attempts += 1) {
    if (attempts > 1) await pauseBefore(attempts);
    const result = await attempt();
    if (result !== CHANGED) return result;
  }
  const detail = `expected to write the record as it was read; got ${ATTEMPTS} changes by others: try again later`;
  throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** With jitter, because writers that collided would collide again otherwise. */
const pauseBefore = (attempt: number): Promise<void> =>
  delay(Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 2), LONGEST_PAUSE_MS));
