import { type Details, type Facts, NO_DETAILS, NOTHING_SAID } from './facts.ts';
import type { Position } from './position.ts';
import { takenAt } from './taken-at.ts';
import { type WallClock, wallClockAt, wallClockMs, wallClockOf } from './wall-clock.ts';

/** What somebody says of a picture instead of it; null: nothing any more; absent: it stays. */
export interface Corrections {
  readonly takenAt?: WallClock | null | undefined;
  readonly position?: Position | null | undefined;
}

export const isCorrected = ({ takenAt, position }: Corrections): boolean =>
  takenAt !== undefined || position !== undefined;

/** A picture that nobody has read yet is read later all the same. */
const UNREAD: Facts = { ...NOTHING_SAID.facts, reader: 0 };

/** `revision`: the one that the change makes. */
export const correctedFacts = (
  facts: Facts | null,
  { takenAt: takenByHand, position }: Corrections,
  revision: number,
): Facts => ({
  ...(facts ?? UNREAD),
  ...(takenByHand !== undefined && { takenByHand }),
  ...(position !== undefined && { positionRevision: revision }),
});

export const correctedDetails = (details: Details | null, positionByHand: Position | null): Details => ({
  ...(details ?? NO_DETAILS),
  positionByHand,
});

/** undefined: the picture has no date, or the result is beyond the years 1 to 9999. */
export function shiftedClock(facts: Facts | null, seconds: number): WallClock | undefined {
  const taken = facts && takenAt(facts);
  return taken ? wallClockAt(wallClockMs(taken.at) + seconds * 1_000) : undefined;
}

const ASKED = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?$/;

/** `2019-05-04`, `2019-05-04T10:00` and longer ones, to the millisecond; undefined: no calendar or clock shows it. */
export function parseAskedClock(text: string): WallClock | undefined {
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '0'] = ASKED.exec(text) ?? [];
  return year === undefined
    ? undefined
    : wallClockOf({
        year: Number(year),
        month: Number(month),
        day: Number(day),
        hour: Number(hour),
        minute: Number(minute),
        second: Number(second),
        millisecond: Number(fraction.padEnd(3, '0')),
      });
}
