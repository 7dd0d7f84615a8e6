/** Leases end by the clock of whoever took them, and clocks may be wrong. */

/**
 * Whether somebody holds the lease that ends at `until`. Each was taken, or renewed, for `seconds`: one that ends more than
 * twice as late, since the clocks of a fleet differ, was taken by a clock that was wrong, and counts for nothing.
 */
export const isLiveLease = (until: Date, now: Date, seconds: number): boolean =>
  now < until && until.getTime() - now.getTime() <= 2 * seconds * 1000;

/**
 * Whether its holder may renew it. A process that was frozen finds its lease over when it goes on: it may still finish, if nobody
 * has taken its work, but it keeps nobody waiting any more.
 */
export const hasLapsed = (until: Date, now: Date): boolean => until <= now;
