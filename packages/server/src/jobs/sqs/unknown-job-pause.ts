const HOUR_SECONDS = 3_600;

/** The first pauses are short, because an upgrade takes minutes. */
const FIRST_PAUSES_SECONDS = [HOUR_SECONDS / 4, HOUR_SECONDS, 4 * HOUR_SECONDS];
/** SQS hides a message for at most 12 hours from its receive. */
export const LONGEST_PAUSE_SECONDS = 11.5 * HOUR_SECONDS;

/**
 * Seconds until SQS redelivers a job of another version. SQS counts each receive: these few leave enough attempts for a
 * version that knows the job, for the queue's whole retention.
 */
export const unknownJobPause = (receiveCount: number): number =>
  FIRST_PAUSES_SECONDS[receiveCount - 1] ?? LONGEST_PAUSE_SECONDS;
