import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for `work` up to a time limit, and ignores its outcome; after the limit the work continues in the background.
 */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([settled, delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
