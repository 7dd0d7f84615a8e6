/** A wait for something that may never come, in many steps, called off at once: also while nothing comes. */
export interface Halt {
  /** Ends the present wait, and every later one, with `error`; the first call counts. */
  halt(error: unknown): void;
  /** `work`, unless called off first. Nothing is kept of a wait that is over: there may be a million. */
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
      work.catch(() => undefined); // what fails once nobody waits any more is nobody's
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
