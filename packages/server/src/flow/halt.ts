/** Aborts a loop of awaits immediately, even while one is pending. */
export interface Halt {
  /** Rejects the present await and every later one with `error`. The first call wins. */
  halt(error: unknown): void;
  /** `work`, unless aborted first. Settled awaits are not retained: there may be a million. */
  wait<T>(work: Promise<T>): Promise<T>;
}

export function createHalt(): Halt {
  let halted: { readonly error: unknown } | undefined;
  let endWait: ((error: unknown) => void) | undefined;
  return {
    halt(error) {
      halted ??= { error };
      endWait?.(halted.error);
    },

    async wait(work) {
      work.catch(() => undefined); // nobody awaits this failure if the wait was aborted
      if (halted) throw halted.error;
      const { promise, reject } = Promise.withResolvers<never>();
      endWait = reject;
      try {
        return await Promise.race([work, promise]);
      } finally {
        endWait = undefined;
      }
    },
  };
}
