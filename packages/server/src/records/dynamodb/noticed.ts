/** A process notices a change of a shared item within this time. */
export const NOTICED_MS = 5_000;

/** The longest write of a process that hasn't noticed: its attempts, each with its time-outs. */
export const LONGEST_WRITE_MS = 60_000;

/** What a shared item says, which every process must know that writes. */
export interface Noticed<Said> {
  /** As of the last `NOTICED_MS`. */
  current(): Promise<Said>;
  /** Reads it now. */
  refresh(): Promise<Said>;
}

export function createNoticed<Said>(
  read: () => Promise<Said>,
  elapsedMs = (): number => performance.now(),
): Noticed<Said> {
  let known: { readonly said: Said; readonly readMs: number } | undefined;
  let reading: Promise<Said> | undefined;
  const refresh = async (): Promise<Said> => {
    const readMs = elapsedMs(); // before the read: the item may change while its answer is on the way
    const said = await read();
    known = { said, readMs };
    return said;
  };
  return {
    async current() {
      if (known && elapsedMs() - known.readMs < NOTICED_MS) return known.said;
      reading ??= refresh().finally(() => {
        reading = undefined; // one read for all that wait
      });
      return reading;
    },
    refresh,
  };
}
