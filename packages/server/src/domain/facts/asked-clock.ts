import { type WallClock, wallClockOf } from './wall-clock.ts';

const ASKED = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?$/;

/**
 * A wall clock as requests write it: `2019-05-04`, which is its first moment, `2019-05-04T10:00`, and longer ones, to
 * the millisecond. undefined: no calendar or clock shows it, or it has a zone.
 */
export function parseAskedClock(text: string): WallClock | undefined {
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '0'] = ASKED.exec(text) ?? [];
  if (year === undefined) return undefined;
  return wallClockOf({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.padEnd(3, '0')),
  });
}

const ZONE = /T[\d:.]+(?:Z|[+-]\d\d(?::?\d\d)?)$/i;

/** Whether a time names a zone, which no wall clock has. */
export const namesZone = (text: string): boolean => ZONE.test(text);
