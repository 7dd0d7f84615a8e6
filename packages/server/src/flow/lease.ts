/** A lease ends by its holder's clock, and clocks may be wrong. */

/**
 * Whether the lease that ends at `until` is held. Each lease was taken or renewed for `seconds`. One that ends later
 * than twice that time (clocks of a fleet differ) was taken by a wrong clock and is ignored.
 */
export const isLiveLease = (until: Date, now: Date, seconds: number): boolean =>
  now < until && until.getTime() - now.getTime() <= 2 * seconds * 1000;

/**
 * Whether the holder may renew its lease. A process that was frozen finds its lease lapsed: it may finish unless
 * another holder has taken over, but must not block others any longer.
 */
export const hasLapsed = (until: Date, now: Date): boolean => until <= now;

/**
 * Renews a lease of `seconds` every third of them until disposed, one renewal at a time; disposing waits for it. The
 * next renewal makes up for a failed one. If none succeeds in time the lease lapses, and another holder takes over.
 */
export function keepRenewing(seconds: number, renew: () => Promise<void>): AsyncDisposable {
  let underWay: Promise<void> | undefined;
  const look = (): void => {
    underWay ??= renew()
      .catch(() => undefined)
      .finally(() => {
        underWay = undefined;
      });
  };
  const timer = setInterval(look, (seconds * 1000) / 3).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await underWay;
    },
  };
}
