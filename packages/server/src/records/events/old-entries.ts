const DAY_MS = 86_400_000;

export interface Retention {
  /** Entries from before that time are old. */
  readonly before: Date;
  readonly now: Date;
  /** When the newest entry was written, in milliseconds since 1970; 0: there is none. */
  readonly newestMs: number;
}

/**
 * Tells which times of entries are young. A clock that was ahead must not stop the removal of those behind its entries,
 * and one that is behind now must not remove everything.
 */
export function youngTimes({ before, now, newestMs }: Retention): (loggedMs: number) => boolean {
  const soundUntil = Math.max(now.getTime(), newestMs) + DAY_MS;
  return (loggedMs) => loggedMs >= before.getTime() && loggedMs <= soundUntil;
}
