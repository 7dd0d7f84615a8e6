/** A lease ends by its holder's clock, and clocks may be wrong. */

/**
 * Whether the lease that ends at `until` is held. Each lease was taken or renewed for `seconds`. One that ends later than
 * twice that time (clocks of a fleet differ) was taken by a wrong clock and is ignored.
 */
export const isLiveLease = (until: Date, now: Date, seconds: number): boolean =>
  now < until && until.getTime() - now.getTime() <= 2 * seconds * 1000;

/**
 * Whether the holder may renew its lease. A process that was frozen finds its lease lapsed: it may finish unless another holder has
 * taken over, but must not block others any longer.
 */
export const hasLapsed = (until: Date, now: Date): boolean => until <= now;
