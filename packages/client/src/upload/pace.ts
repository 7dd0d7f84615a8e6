import { aborted } from '../http/retry.ts';

const FIRST_LIMIT = 3;
/** Browsers open six connections to a host by HTTP/1.1. */
const HIGHEST_LIMIT = 6;
/** A further part at once is worth it if so much more moves. */
const GAIN = 1.1;

/**
 * How many parts of all uploads of a client are sent at once: one more while that moves more bytes, and half as many
 * after a failure. `now` in milliseconds.
 */
export function createPace(now: () => number = () => performance.now()) {
  const waiting: (() => void)[] = [];
  let [limit, running, best] = [FIRST_LIMIT, 0, 0];
  let rate: number | undefined;
  let measured = { since: now(), bytes: 0, parts: 0 };
  let idleSince = now();
  const measure = (): void => {
    measured = { since: now(), bytes: 0, parts: 0 };
  };
  const admit = (): void => {
    while (running < limit) {
      const enter = waiting.shift();
      if (!enter) return;
      if (running === 0) measured.since += now() - idleSince;
      running += 1;
      enter();
    }
  };

  return {
    limit: () => limit,
    /** Bytes a second of all parts; undefined until enough have been sent. */
    rate: () => rate,
    /** Waits until a part may be sent; its end is `leave`. Errors: `aborted`. */
    enter: (signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(aborted(signal));
        const enter = (): void => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(aborted(signal));
        };
        signal.addEventListener('abort', giveUp);
        waiting.push(enter);
        admit();
      }),
    leave(): void {
      running -= 1;
      if (running === 0) idleSince = now();
      admit();
    },
    /** A part of so many bytes has arrived. */
    arrived(bytes: number): void {
      measured.bytes += bytes;
      measured.parts += 1;
      if (measured.parts < 2 * limit) return;
      rate = (measured.bytes * 1000) / Math.max(now() - measured.since, 1);
      if (rate > best * GAIN) limit = Math.min(limit + 1, HIGHEST_LIMIT);
      best = Math.max(best, rate);
      measure();
    },
    /** A connection was cut, or was silent. */
    failed(): void {
      limit = Math.max(Math.floor(limit / 2), 1);
      best = 0;
      measure();
    },
  };
}

export type Pace = ReturnType<typeof createPace>;
