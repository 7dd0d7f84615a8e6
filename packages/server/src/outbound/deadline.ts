import { abortReason } from '../flow/abort.ts';

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export interface DeadlineOptions {
  readonly afterMs: number;
  /** The reason of the signal when the time is over. */
  readonly late: () => Error;
  /** Signals that end it earlier, with their reasons. */
  readonly follows: readonly AbortSignal[];
}

/**
 * A timer that lives until disposal: garbage collection never takes it, as it has taken timers of `AbortSignal.any`.
 */
export function startDeadline({ afterMs, late, follows }: DeadlineOptions): Deadline {
  const ending = new AbortController();
  const disposal = new AbortController();
  const timer = setTimeout(() => ending.abort(late()), afterMs);
  for (const one of follows) {
    const end = (): void => ending.abort(abortReason(one));
    if (one.aborted) end();
    else one.addEventListener('abort', end, { once: true, signal: disposal.signal });
  }
  return {
    signal: ending.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      disposal.abort();
    },
  };
}
