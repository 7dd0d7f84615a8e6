import { DEAD_LETTER_DAYS } from './dead-letter.ts';
import { LEASE_SECONDS, MAX_ATTEMPTS } from './job-queue.ts';

/**
 * After so many receptions SQS itself moves a message to the dead letter queue, where it has no reason then: for workers
 * that always die before they can do it. A reception that was given up counts as an attempt, too.
 */
export const MAX_RECEIVES = 2 * MAX_ATTEMPTS;

/** What hours of an outage gather must outlive it; the sweeper knows it anyway. */
export const RETENTION_DAYS = 4;
const DAY_SECONDS = 86_400;

/** What the service's queue is like, by the names of CreateQueue. */
export const queueAttributes = ({ deadLetterQueueArn }: { readonly deadLetterQueueArn: string }) => ({
  VisibilityTimeout: `${LEASE_SECONDS}`,
  ReceiveMessageWaitTimeSeconds: '20',
  MessageRetentionPeriod: `${RETENTION_DAYS * DAY_SECONDS}`,
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterQueueArn, maxReceiveCount: MAX_RECEIVES }),
});

/** What its dead letter queue is like. */
export const deadLetterQueueAttributes = () => ({
  MessageRetentionPeriod: `${DEAD_LETTER_DAYS * DAY_SECONDS}`,
});
