import { invalidField } from '../errors.ts';
import { type Details, type Facts, NO_DETAILS, NOTHING_SAID } from './facts.ts';
import type { Position } from './position.ts';
import { takenAt } from './taken-at.ts';
import { type WallClock, wallClockAt, wallClockMs } from './wall-clock.ts';

/** What somebody says of a picture instead of it. null: it says nothing from now on; absent: nothing changes. */
export interface Corrections {
  readonly takenAt?: WallClock | null | undefined;
  /** Moves the date that counts, instead of `takenAt`. */
  readonly shiftTakenSeconds?: number | undefined;
  readonly position?: Position | null | undefined;
}

export const isCorrecting = ({ takenAt, shiftTakenSeconds, position }: Corrections): boolean =>
  takenAt !== undefined || shiftTakenSeconds !== undefined || position !== undefined;

/** A picture that nobody has read is read later all the same. */
const UNREAD: Facts = { ...NOTHING_SAID.facts, reader: 0 };

/** Errors: `invalid-request` if the date can't be moved. */
export function correctedFacts(facts: Facts | null, corrections: Corrections): Facts | null {
  const { shiftTakenSeconds: seconds } = corrections;
  const takenByHand = seconds === undefined ? corrections.takenAt : shifted(facts, seconds);
  return takenByHand === undefined ? facts : { ...(facts ?? UNREAD), takenByHand };
}

export const correctedDetails = (details: Details | null, positionByHand: Position | null): Details => ({
  ...(details ?? NO_DETAILS),
  positionByHand,
});

function shifted(facts: Facts | null, seconds: number): WallClock {
  const taken = facts && takenAt(facts);
  if (!taken)
    throw invalidField('/shift_taken_seconds', 'expected an image with a date; got one without: set it first');
  const clock = wallClockAt(wallClockMs(taken.at) + seconds * 1_000);
  if (clock) return clock;
  throw invalidField(
    '/shift_taken_seconds',
    `expected a date from the year 1 to 9999; got one beyond, from ${taken.at}`,
  );
}
