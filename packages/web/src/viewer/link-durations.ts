const HOUR = 3_600;
const DAY = 24 * HOUR;

/** For how long links may last, in seconds. */
export const LINK_DURATIONS = [
  [HOUR, '1 hour'],
  [DAY, '1 day'],
  [7 * DAY, '1 week'],
  [30 * DAY, '30 days'],
  [365 * DAY, '1 year'],
] as const;

export const USUAL_DURATION: number = 7 * DAY;
