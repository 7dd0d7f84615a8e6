const DAY_MS = 86_400_000;
const PHASE_DIGITS = 12;

export interface ReadShare {
  /** Of all originals, for each day since the former backup: 1/30 reads each within 30 days. From 1 on: all, each time. */
  readonly share: number;
  /** When the target's newest finished backup began; undefined: there is none. */
  readonly since: Date | undefined;
  readonly now: Date;
}

/**
 * Which originals a backup reads. Each has a place on a circle, by its hash, so that equal bytes have the same. Time moves around the circle
 * in `1 / share` days, and a backup reads what was passed since the one before: nothing has to be remembered, and nothing is left out
 * whatever the rhythm.
 */
export function readShare({ share, since, now }: ReadShare): (sha256: string) => boolean {
  const isKnown = since !== undefined && since < now;
  const sinceMs = isKnown ? since.getTime() : now.getTime() - DAY_MS; // also of a clock that went back
  if (share >= 1 || ((now.getTime() - sinceMs) / DAY_MS) * share >= 1) return () => true;
  const at = (ms: number): number => ((ms / DAY_MS) * share) % 1;
  const [start, end] = [at(sinceMs), at(now.getTime())];
  return (sha256) => {
    const place = Number.parseInt(sha256.slice(0, PHASE_DIGITS), 16) / 16 ** PHASE_DIGITS;
    return start <= end ? start <= place && place < end : start <= place || place < end;
  };
}
