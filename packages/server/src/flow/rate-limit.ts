import { setTimeout as delay } from 'node:timers/promises';

/** Waits so that all bytes together keep to the rate. */
export type TakeBytes = (bytes: number, signal?: AbortSignal) => Promise<void>;

/** A pause shorter than this costs more than it limits. */
const SHORTEST_MS = 10;

/** `bytesPerSecond` undefined: nothing is limited. */
export function createRateLimit(bytesPerSecond: number | undefined, elapsedMs: () => number): TakeBytes {
  if (bytesPerSecond === undefined) return async () => undefined;
  let freeAt = elapsedMs();
  return async (bytes, signal) => {
    const now = elapsedMs();
    freeAt = Math.max(freeAt, now) + (bytes / bytesPerSecond) * 1000;
    if (freeAt - now > SHORTEST_MS) await delay(freeAt - now, undefined, { signal });
  };
}
