import { MAX_ATTEMPTS } from './job-queue.ts';

/** SQS's longest retention. */
export const DEAD_LETTER_DAYS = 14;
export const DEAD_LETTER_MS = DEAD_LETTER_DAYS * 24 * 3_600_000;
/**
 * In a database each new one removes up to this many old ones, so that their number shrinks without a long transaction.
 */
export const FORGOTTEN_AT_ONCE = 100;

/** The reason of a job that nobody gave up. */
export const UNDECIDED = `the lease of attempt ${MAX_ATTEMPTS}, the last, ended undecided: its worker died or hung`;
export const UNREADABLE = 'expected a job or an event of a bucket; got neither';
