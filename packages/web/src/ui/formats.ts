import { capitalized } from './capitalized.ts';

/** Dates and numbers as the browser's language writes them. */
export interface Formats {
  /** "Thursday 19 November", for other years than now's "Wed, 19 Nov 2025"; today and yesterday by their names. */
  dayName(time: number, now: number): string;
  /** "19 November 2026". */
  longDate(time: number): string;
  /** "19 Nov 2026". */
  shortDate(time: number): string;
  /** "19 Nov 2026, 14:36". */
  dateAndTime(time: number): string;
  /** As `dateAndTime`, of a clock without a zone: `2026-11-19T14:36:00.000`. */
  clockTime(clock: string): string;
  /** "Nov". */
  monthName(time: number): string;
  /** "12,345". */
  numberText(value: number): string;
  /** "3.4 MB", by powers of 1,024 as the service's limits are. */
  sizeText(bytes: number): string;
  /** "3.4 MB/s". */
  speedText(bytesPerSecond: number): string;
}

const MB = 1_048_576;
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** `locale`: absent: the browser's. */
export function createFormats(locale?: string): Formats {
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
  const long = dates({ day: 'numeric', month: 'long', year: 'numeric' });
  const short = dates({ day: 'numeric', month: 'short', year: 'numeric' });
  const toMinute = { day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit' } as const;
  const minute = dates(toMinute);
  const clock = dates({ ...toMinute, timeZone: 'UTC' });
  const month = dates({ month: 'short' });
  const day = dates({ weekday: 'long', day: 'numeric', month: 'long' });
  const dayOfYear = dates({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const oneDecimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const speeds = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'megabyte-per-second',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return {
    dayName(time, now) {
      const date = new Date(time);
      const today = new Date(now);
      for (const ago of [0, 1]) {
        const one = new Date(today.getFullYear(), today.getMonth(), today.getDate() - ago);
        if (date.toDateString() === one.toDateString()) return capitalized(relative.format(-ago, 'day'));
      }
      return (date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date);
    },
    longDate: (time) => long.format(time),
    shortDate: (time) => short.format(time),
    dateAndTime: (time) => minute.format(time),
    clockTime: (shown) => clock.format(Date.parse(`${shown}Z`)),
    monthName: (time) => month.format(time),
    numberText: (value) => whole.format(value),
    sizeText(bytes) {
      const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes || 1) / 10)));
      const value = bytes / 1024 ** power;
      return `${(value < 10 ? oneDecimal : whole).format(value)} ${UNITS[power]}`;
    },
    speedText: (bytesPerSecond) => speeds.format(bytesPerSecond / MB),
  };
}

export const { dayName, longDate, shortDate, dateAndTime, clockTime, monthName, numberText, sizeText, speedText } =
  createFormats();
