const HOUR_SECONDS = 3_600;

/** The first are short, since an upgrade lasts minutes. */
const FIRST_PAUSES_SECONDS = [HOUR_SECONDS / 4, HOUR_SECONDS, 4 * HOUR_SECONDS];
/** SQS hides a message for 12 hours at most, counted from its reception. */
const LONGEST_PAUSE_SECONDS = 11.5 * HOUR_SECONDS;

/**
 * Seconds until SQS hands out a job of another version again. SQS counts each reception: so few leave a version that knows
 * the job its attempts, for as long as the queue keeps messages.
 */
export const unknownJobPause = (receiveCount: number): number =>
  FIRST_PAUSES_SECONDS[receiveCount - 1] ?? LONGEST_PAUSE_SECONDS;
