/** How many days an event can be read unless the operator says otherwise. */
export const DEFAULT_EVENT_DAYS = 7;

const DAY_MS = 86_400_000;

/** Entries from before that time are removed: a day later than the last position before them ends. */
export const removedBefore = (now: Date, days: number): Date => new Date(now.getTime() - (days + 1) * DAY_MS);
