/** Times at which something of an image's life comes due. */
const MINUTE_MS = 60_000;

/** A slow PUT may begin before its URL ends and end after it. */
const LATE_MINUTES = 15;
/** Long enough for whoever ended the image to remove its bytes: this is for those who died at it. */
const REMOVAL_MINUTES = 1;
/** A deleted image's id keeps being "deleted" for this long, and a rejected upload's reason can be read. */
const FORGOTTEN_MINUTES = 30 * 24 * 60;
/** After each time that the decoder died of the bytes; one more is the last. */
const STRIKE_MINUTES = [1, 4, 16, 60];
export const MAX_STRIKES = STRIKE_MINUTES.length + 1;

const after = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * MINUTE_MS);

/** When an upload that nobody made is given up, after one last look. */
export const lastLookAt = (expiresAt: Date): Date => after(expiresAt, LATE_MINUTES);

/** When bytes that killed a decoder are tried again. `strikes`: 1 to `MAX_STRIKES` - 1. */
export const lookAfterStrike = (strikes: number, at: Date): Date => after(at, STRIKE_MINUTES[strikes - 1] ?? 60);

/** Before that a decoder that dies once more may die of the same: a machine short of memory, or of time. */
export const strikeCountsAgainAt = (struckAt: Date): Date => after(struckAt, 1);

/** When the objects of an image that is over are removed, should its end have been cut short. */
export const firstRemovalAt = (endedAt: Date): Date => after(endedAt, REMOVAL_MINUTES);

/** When nothing can come any more: neither a late PUT nor a finalizer that was at work at the end. */
export const lastRemovalAt = (ended: { expiresAt: Date; updatedAt: Date }): Date =>
  after(ended.expiresAt > ended.updatedAt ? ended.expiresAt : ended.updatedAt, LATE_MINUTES);

const LONGEST_RETRY_MINUTES = 6 * 60;

/**
 * When the sweeper tries again what has failed since `since`: after an eighth of that time, so that an outage is over for all
 * soon after it ends, and what fails for ever is tried four times a day.
 */
export const retryAt = (since: Date, now: Date): Date => {
  const failingMinutes = (now.getTime() - since.getTime()) / MINUTE_MS;
  return after(now, Math.min(Math.max(failingMinutes / 8, 1), LONGEST_RETRY_MINUTES));
};

/** When the record itself may go, once nothing is left of its objects. */
export const forgottenAt = (removedAt: Date): Date => after(removedAt, FORGOTTEN_MINUTES);
