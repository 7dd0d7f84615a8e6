/** The wait of one receiver: it looks, rests and looks again until its time is over. Disposing it removes all state. */
export interface ReceiveWait extends Disposable {
  /** Whether its time has passed or its signal was aborted. */
  readonly isOver: boolean;
  /** Reports that there may be a job. */
  wake(): void;
  /**
   * Rests for `milliseconds` (undefined: without a limit), until woken or over; returns at once if woken since the last
   * rest.
   */
  rest(milliseconds: number | undefined): Promise<void>;
}

/** Begins a wait, which is one of `waits` until disposed of. */
export function createReceiveWait(
  waits: Set<ReceiveWait>,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): ReceiveWait {
  let isOver = seconds === 0 || signal.aborted;
  let isWoken = false;
  let endRest: (() => void) | undefined;

  const wake = (): void => {
    isWoken = true;
    endRest?.();
  };
  const end = (): void => {
    isOver = true;
    wake();
  };
  const lastMoment = setTimeout(end, seconds * 1000);
  signal.addEventListener('abort', end);

  const wait: ReceiveWait = {
    get isOver() {
      return isOver;
    },
    wake,

    async rest(milliseconds) {
      if (!isWoken) {
        const { promise, resolve } = Promise.withResolvers<void>();
        endRest = resolve;
        const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
        await promise;
        clearTimeout(timer);
      }
      isWoken = false;
    },

    [Symbol.dispose]() {
      clearTimeout(lastMoment);
      signal.removeEventListener('abort', end);
      waits.delete(wait);
    },
  };
  waits.add(wait);
  return wait;
}
