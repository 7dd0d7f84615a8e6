import { PARTS, type Part } from './part-health.ts';

/** How far this machine's clock is from those of the stores that have one, by their latest answers. */
export interface ClockOffsets {
  /** Positive: ours is ahead. */
  heard(part: Part, aheadSeconds: number): void;
  /** In seconds, of parts that have answered lately, and since the clock was set. */
  read(): ReadonlyMap<Part, number>;
  /** Whether one of them is so far off that presigned URLs, leases and the order of events suffer. */
  isOff(): boolean;
}

/**
 * The offset of a clock that is wrong. If two processes are 60 s apart, at least one is this far from the store that
 * both ask.
 */
export const OFF_SECONDS = 30;
const RECENT_MS = 600_000;
const MAX_DRIFT_MS = 1_000;

export function createClockOffsets(clock: { now(): Date; elapsedMs(): number }): ClockOffsets {
  const latest = new Map<Part, { readonly aheadSeconds: number; readonly atMs: number; readonly setMs: number }>();
  /** Changes when the clock is set, or the machine slept. */
  const setMs = (): number => clock.now().getTime() - clock.elapsedMs();
  const read = (): ReadonlyMap<Part, number> =>
    new Map(
      PARTS.flatMap((part) => {
        const one = latest.get(part);
        const isRecent =
          one && clock.elapsedMs() - one.atMs < RECENT_MS && Math.abs(setMs() - one.setMs) <= MAX_DRIFT_MS;
        return isRecent ? [[part, one.aheadSeconds] as const] : [];
      }),
    );
  return {
    heard: (part, aheadSeconds) => void latest.set(part, { aheadSeconds, atMs: clock.elapsedMs(), setMs: setMs() }),
    read,
    isOff: () =>
      read()
        .values()
        .some((seconds) => Math.abs(seconds) >= OFF_SECONDS),
  };
}
