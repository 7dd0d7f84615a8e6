import { DEAD_LETTER_DAYS } from '../dead-letter.ts';
import { LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';

/**
 * The number of receives after which SQS itself moves a message to the dead letter queue, without a reason. This is for
 * workers that always crash before they can do it. A failed receive counts as an attempt, too.
 */
export const MAX_RECEIVES = 2 * MAX_ATTEMPTS;

/** Longer than an outage of hours, whose messages must survive. The sweeper finds the same work. */
export const RETENTION_DAYS = 4;
const DAY_SECONDS = 86_400;

/** The required attributes of the service's queue, by CreateQueue's names. */
export const queueAttributes = ({ deadLetterQueueArn }: { readonly deadLetterQueueArn: string }) => ({
  VisibilityTimeout: `${LEASE_SECONDS}`,
  ReceiveMessageWaitTimeSeconds: '20',
  MessageRetentionPeriod: `${RETENTION_DAYS * DAY_SECONDS}`,
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterQueueArn, maxReceiveCount: MAX_RECEIVES }),
});

/** The required attributes of its dead letter queue. */
export const deadLetterQueueAttributes = () => ({
  MessageRetentionPeriod: `${DEAD_LETTER_DAYS * DAY_SECONDS}`,
});
