import { parseClockSpan } from './clock-span.ts';
import type { WallClock } from './wall-clock.ts';

const LENGTH_OF_DAY = '2019-05-04'.length;

/**
 * A wall clock as requests write it: `2019-05-04`, which is its first moment, `2019-05-04T10:00`, and longer ones, to
 * the millisecond. undefined: no calendar or clock shows it, or it has a zone.
 */
export const parseAskedClock = (text: string): WallClock | undefined =>
  text.length < LENGTH_OF_DAY ? undefined : parseClockSpan(text)?.from;

const ZONE = /T[\d:.]+(?:Z|[+-]\d\d(?::?\d\d)?)$/i;

/** Whether a time names a zone, which no wall clock has. */
export const namesZone = (text: string): boolean => ZONE.test(text);
