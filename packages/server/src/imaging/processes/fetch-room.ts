import type { Charged } from '../../flow/fair-line.ts';
import { createWaitingJobs, type SharedJob, type Urgency } from './waiting-jobs.ts';

/**
 * Limits the bytes that jobs fetch concurrently. Fetches without room wait: the more urgent first, then by the bytes
 * that their payers have fetched.
 */
export interface FetchRoom {
  /** Resolves as soon as the bytes fit; dispose when the file is gone. Errors: the signal's reason. */
  enter(fetch: Fetch, signal: AbortSignal): Promise<Disposable>;
}

export interface Fetch extends Charged {
  readonly urgency: Urgency;
  readonly sizeBytes: number;
}

interface Waiting extends Fetch, SharedJob {
  readonly enter: () => void;
}

/** Background fetches leave half of the room to requests and inspections. */
const BACKGROUND_SHARE = 0.5;

/** `maxBytes`: the total of concurrent fetches. A single larger fetch gets the whole room to itself. */
export function createFetchRoom({ maxBytes }: { readonly maxBytes: number }): FetchRoom {
  const line = createWaitingJobs<Waiting>();
  const held = { bytes: 0, inBackground: 0 };
  /** The fetch whose turn it is. Smaller ones don't overtake it, because large ones would then starve. */
  let next: Waiting | undefined;

  const mayBegin = (urgency: Urgency): boolean =>
    urgency !== 'background' || held.inBackground === 0 || held.inBackground < maxBytes * BACKGROUND_SHARE;

  const count = ({ urgency, sizeBytes }: Fetch, sign: 1 | -1): void => {
    held.bytes += sign * sizeBytes;
    if (urgency === 'background') held.inBackground += sign * sizeBytes;
  };

  const advance = (): void => {
    for (;;) {
      if (held.bytes >= maxBytes) return; // the turn is decided when there is some room
      next ??= line.take(mayBegin);
      if (!next || (held.bytes > 0 && held.bytes + next.sizeBytes > maxBytes)) return;
      count(next, 1);
      next.enter();
      next = undefined;
    }
  };

  const place = (fetch: Waiting): Disposable => {
    let isLeft = false;
    return {
      [Symbol.dispose]() {
        if (isLeft) return;
        isLeft = true;
        count(fetch, -1);
        line.finish(fetch, fetch.sizeBytes);
        advance();
      },
    };
  };

  return {
    async enter(fetch, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiting: Waiting = { ...fetch, estimate: fetch.sizeBytes, enter: resolve };
      line.add(waiting);
      advance();
      const leave = (): void => {
        if (next === waiting) {
          line.finish(waiting, 0);
          next = undefined;
        } else if (!line.remove(waiting)) return;
        reject(signal.reason);
        advance();
      };
      signal.addEventListener('abort', leave);
      await promise.finally(() => signal.removeEventListener('abort', leave));
      return place(waiting);
    },
  };
}
