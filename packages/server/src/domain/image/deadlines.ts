/** Deadlines in an image's life. */
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** A slow PUT may begin before its URL ends and end after it. */
const LATE_MINUTES = 15;
/** Long enough for the process that ended the image to remove its objects. The sweeper takes over after a crash. */
const REMOVAL_MINUTES = 1;
/** How long a deleted image's id stays "deleted", and a rejected upload's reason stays readable. */
const FORGOTTEN_MINUTES = 30 * DAY_MINUTES;
/** The backoff after each decoder crash. One more crash is the last. */
const BACKOFF_MINUTES = [1, 4, 16, 60];
export const MAX_CRASHES = BACKOFF_MINUTES.length + 1;

const after = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * MINUTE_MS);

/** When an unused upload expires, after one last look. */
export const lastLookAt = (expiresAt: Date): Date => after(expiresAt, LATE_MINUTES);

/** When bytes that crashed a decoder are tried again. `crashes`: 1 to `MAX_CRASHES` - 1. */
export const crashRetryAt = (crashes: number, at: Date): Date => after(at, BACKOFF_MINUTES[crashes - 1] ?? 60);

/** A second crash within a minute likely has the same cause, such as a machine short of memory; count it once. */
export const crashCountsAgainAt = (crashedAt: Date): Date => after(crashedAt, 1);

/** When the objects of an ended image are removed, in case its end was interrupted. */
export const firstRemovalAt = (endedAt: Date): Date => after(endedAt, REMOVAL_MINUTES);

/** After this neither a late PUT nor a finalizer of that time can write any more. */
export const lastRemovalAt = (ended: { expiresAt: Date; updatedAt: Date }): Date =>
  after(ended.expiresAt > ended.updatedAt ? ended.expiresAt : ended.updatedAt, LATE_MINUTES);

const LONGEST_RETRY_MINUTES = 6 * 60;

/**
 * When the sweeper retries work that has failed since `since`: after an eighth of that time. So all work is done soon
 * after an outage, and permanent failures are retried four times a day.
 */
export const retryAt = (since: Date, now: Date): Date => {
  const failingMinutes = (now.getTime() - since.getTime()) / MINUTE_MS;
  return after(now, Math.min(Math.max(failingMinutes / 8, 1), LONGEST_RETRY_MINUTES));
};

/** When an image trashed at `at` is purged. */
export const purgedAt = (at: Date, trashDays: number): Date => after(at, trashDays * DAY_MINUTES);

/**
 * When a trashed image was to be purged first: whole days after it was trashed, its last update. A failed purge moves
 * `purgeAt` by its backoff; after a day of failures the backoff begins anew.
 */
export const firstPurgeAt = ({ updatedAt, purgeAt }: { updatedAt: Date; purgeAt: Date }): Date => {
  const inTrashMs = purgeAt.getTime() - updatedAt.getTime();
  return new Date(purgeAt.getTime() - (inTrashMs % (DAY_MINUTES * MINUTE_MS)));
};

/** When the record itself may be removed, after its objects. */
export const forgottenAt = (removedAt: Date): Date => after(removedAt, FORGOTTEN_MINUTES);
