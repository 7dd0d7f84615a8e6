import { clockDay, localDay } from '../library/days.ts';
import type { Order } from '../library/position.ts';
import { capitalized } from './capitalized.ts';

/** Dates and numbers as the browser's language writes them. Times are milliseconds. */
export interface Formats {
  /**
   * "Thursday 19 November", for other years than now's "Wed, 19 Nov 2025"; today and yesterday by their names. Later
   * days of a clock are today.
   */
  dayName(time: number, now: number): string;
  /** "3–9 Aug", for other years than now's "3–9 Aug 2025". */
  dayRange(from: number, to: number, now: number): string;
  /** "14:36". */
  timeOfDay(time: number): string;
  /** "19 November 2026". */
  longDate(time: number): string;
  /** "19 Nov 2026". */
  shortDate(time: number): string;
  /** "19 Nov 2026, 14:36". */
  dateAndTime(time: number): string;
  /** "Nov". */
  monthName(time: number): string;
  /** "November 2026". */
  monthYear(time: number): string;
  /** `month`: from 0. */
  calendarMonth(time: number): CalendarMonth;
  /** The first moment of it; 12 is the next year's first month. */
  monthStart(month: CalendarMonth): number;
  /** "12,345". */
  numberText(value: number): string;
  /** "3.4 MB", by powers of 1,024 as the service's limits are. */
  sizeText(bytes: number): string;
}

export interface CalendarMonth {
  readonly year: number;
  readonly month: number;
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Made with its first use: a formatter takes a slow phone some 10 ms, and the first page uses few. */
function onUse<Formatter>(make: () => Formatter): () => Formatter {
  let made: Formatter | undefined;
  return () => (made ??= make());
}

/** `locale`: absent: the browser's. `timeZone`: of the times; absent: the browser's. */
export function createFormats(locale?: string, timeZone?: 'UTC'): Formats {
  const dates = (options: Intl.DateTimeFormatOptions) =>
    onUse(() => new Intl.DateTimeFormat(locale, { ...options, ...(timeZone && { timeZone }) }));
  const numbers = (options: Intl.NumberFormatOptions) => onUse(() => new Intl.NumberFormat(locale, options));
  const day = timeZone ? clockDay : localDay;
  const long = dates({ day: 'numeric', month: 'long', year: 'numeric' });
  const short = dates({ day: 'numeric', month: 'short', year: 'numeric' });
  const minute = dates({ day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit' });
  const month = dates({ month: 'short' });
  const longMonth = dates({ month: 'long', year: 'numeric' });
  const dayOfThisYear = dates({ weekday: 'long', day: 'numeric', month: 'long' });
  const dayOfYear = dates({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const daysOfThisYear = dates({ day: 'numeric', month: 'short' });
  const clock = dates({ hour: 'numeric', minute: '2-digit' });
  const relative = onUse(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
  const whole = numbers({ maximumFractionDigits: 0 });
  const oneDecimal = numbers({ maximumFractionDigits: 1 });
  const calendarMonth = (time: number): CalendarMonth => {
    const date = new Date(time);
    return timeZone
      ? { year: date.getUTCFullYear(), month: date.getUTCMonth() }
      : { year: date.getFullYear(), month: date.getMonth() };
  };
  return {
    dayName(time, now) {
      const ago = localDay(now) - day(time);
      if (ago === 0 || ago === 1 || (timeZone && ago < 0))
        return capitalized(relative().format(-Math.max(0, ago), 'day'));
      return (calendarMonth(time).year === new Date(now).getFullYear() ? dayOfThisYear : dayOfYear)().format(time);
    },
    dayRange: (from, to, now) =>
      (calendarMonth(to).year === new Date(now).getFullYear() ? daysOfThisYear : short)().formatRange(from, to),
    timeOfDay: (time) => clock().format(time),
    longDate: (time) => long().format(time),
    shortDate: (time) => short().format(time),
    dateAndTime: (time) => minute().format(time),
    monthName: (time) => month().format(time),
    monthYear: (time) => longMonth().format(time),
    calendarMonth,
    monthStart(start) {
      const date = new Date(0); // the constructor and Date.UTC take the years 0 to 99 for others
      if (timeZone) return date.setUTCFullYear(start.year, start.month, 1);
      date.setFullYear(start.year, start.month, 1);
      return date.setHours(0, 0, 0, 0);
    },
    numberText: (value) => whole().format(value),
    sizeText(bytes) {
      const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes || 1) / 10)));
      const value = bytes / 1024 ** power;
      return `${(value < 10 ? oneDecimal : whole)().format(value)} ${UNITS[power]}`;
    },
  };
}

const local = createFormats();
export const { shortDate, dateAndTime, numberText, sizeText } = local;

/** For clocks without a zone, whose times count as if they showed UTC. */
const clocks = createFormats(undefined, 'UTC');

/** For the times of positions in that order. */
export const formatsOf = (order: Order): Formats => (order === 'capture' ? clocks : local);

/** "July 2024", of `2024-07`. */
export const monthText = (month: string): string => clocks.monthYear(Date.parse(`${month}-01`));

/** As `dateAndTime`, of a clock without a zone: `2026-11-19T14:36:00.000`. */
export const clockTime = (clock: string): string => clocks.dateAndTime(Date.parse(`${clock}Z`));
