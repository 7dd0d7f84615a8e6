declare const brand: unique symbol;
/** A clock's reading without a zone, `2024-07-14T18:22:31.120`, from the year 1 to 9999: texts sort by time. */
export type WallClock = string & { readonly [brand]: 'WallClock' };

/** Numbers as a calendar and a clock show them: months and days from 1. */
export interface ClockParts {
  readonly year: number;
  readonly month?: number | undefined;
  readonly day?: number | undefined;
  readonly hour?: number | undefined;
  readonly minute?: number | undefined;
  readonly second?: number | undefined;
  readonly millisecond?: number | undefined;
}

const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
/** The last that there is. */
export const LAST_CLOCK = '9999-12-31T23:59:59.999' as WallClock;
const LAST_MS = Date.parse(`${LAST_CLOCK}Z`);

/** undefined: no calendar or clock shows these numbers. */
export function wallClockOf(parts: ClockParts): WallClock | undefined {
  const { year, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0 } = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years 0 to 99 for others
  date.setUTCHours(hour, minute, second, millisecond);
  const isSame =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second &&
    date.getUTCMilliseconds() === millisecond;
  return isSame ? wallClockAt(date.getTime()) : undefined;
}

/** Milliseconds since 1970 as if the clock showed UTC: a number to order and to compare by, not a moment. */
export const wallClockMs = (clock: WallClock): number => Date.parse(`${clock}Z`);

/** The inverse of `wallClockMs`; undefined: beyond the years 1 to 9999. */
export const wallClockAt = (ms: number): WallClock | undefined =>
  ms >= FIRST_MS && ms <= LAST_MS ? (new Date(ms).toISOString().slice(0, -1) as WallClock) : undefined;

const STORED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/;

/** A text in the whole form; undefined: it isn't one, or no calendar shows it. */
export function parseWallClock(text: string): WallClock | undefined {
  if (!STORED.test(text)) return undefined;
  const clock = wallClockAt(Date.parse(`${text}Z`));
  return clock === text ? clock : undefined; // Date.parse moves 30 February to March
}
