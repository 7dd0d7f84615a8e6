import type { SafelightError } from '../errors.ts';
import { type Pause, pauseMs } from '../http/retry.ts';

export interface StallOptions {
  readonly pause: Pause;
  readonly signal: AbortSignal;
  /** Called when the queue may try again. */
  readonly wake: () => void;
}

/** A circuit breaker: while no request gets through, all items wait, and after each pause one of them tries. */
export function createStall({ pause, signal, wake }: StallOptions) {
  let reason: SafelightError | undefined;
  let count = 0;
  let until = 0;
  /** A timer may fire early by this clock: its start is that of the turn of the event loop. */
  const wakeAt = (at: number): void => {
    const left = at - performance.now();
    if (left <= 0) wake();
    else
      pause(left, signal).then(
        () => wakeAt(at),
        () => undefined,
      );
  };
  return {
    reason: () => reason,
    /** Wakes the queue at a time of `performance.now()`. */
    wakeAt,
    /** Uploads that may run now, of `concurrency`. */
    limit(concurrency: number): number {
      if (performance.now() < until) return 0;
      return reason ? Math.min(1, concurrency) : concurrency;
    },
    begin(error: SafelightError): void {
      reason = error;
      const now = performance.now();
      if (now < until) return; // uploads that failed together
      count += 1;
      until = now + pauseMs(error, count);
      wakeAt(until);
    },
    /** Tries again now: a network has come, or the user wants it. */
    hurry(): void {
      until = 0;
    },
    /** True if there was one. */
    end(): boolean {
      if (!reason) return false;
      [reason, count, until] = [undefined, 0, 0];
      return true;
    },
  };
}
