import type { ReceiveOptions } from './job-queue.ts';

/** SQS's limits. Every adapter enforces them; exceeding one is a programming error. */
export const LONGEST_DELAY_SECONDS = 900;
const LARGEST_RECEIVE = 10;
const LONGEST_WAIT_SECONDS = 20;

/**
 * No job waits longer than 15 minutes. In a database, one due in more than twice that was sent before the clock was set
 * back, and is delivered: a job is delayed by at most half an hour, whatever the clock does.
 */
export const IMPLAUSIBLE_MS = 2 * LONGEST_DELAY_SECONDS * 1000;

/**
 * The pause until a database delivers a job of another version again. It never expires: a version that knows it
 * handles it.
 */
export const UNKNOWN_JOB_SECONDS = LONGEST_DELAY_SECONDS;

export function requireDelay(delaySeconds: number): void {
  requireWithin('delaySeconds', delaySeconds, 0, LONGEST_DELAY_SECONDS);
}

export function requireReceivable({ limit, waitSeconds }: ReceiveOptions): void {
  if (!Number.isInteger(limit)) throw new RangeError(`limit: expected a whole number; got ${limit}`);
  requireWithin('limit', limit, 1, LARGEST_RECEIVE);
  requireWithin('waitSeconds', waitSeconds, 0, LONGEST_WAIT_SECONDS);
}

function requireWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new RangeError(`${name}: expected ${least} to ${most}; got ${value}`);
}
