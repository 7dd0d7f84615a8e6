import { setTimeout as delay } from 'node:timers/promises';

/** Waits for `work`, whose outcome is nobody's concern here, or until the time is over; the work then goes on behind. */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([settled, delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
