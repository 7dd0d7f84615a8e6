import type { ReceiveOptions } from './job-queue.ts';

/** SQS's limits. Every adapter enforces them; exceeding one is a programming error. */
export const LONGEST_DELAY_SECONDS = 900;
const LARGEST_RECEIVE = 10;
const LONGEST_WAIT_SECONDS = 20;

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
