import { type ClockParts, type WallClock, wallClockAt, wallClockMs, wallClockOf } from './wall-clock.ts';

/** A year, month, day, minute, second or millisecond of a clock without a zone. */
export interface ClockSpan {
  /** Inclusive. */
  readonly from: WallClock;
  /** Exclusive; undefined: the end of the year 9999. */
  readonly before: WallClock | undefined;
}

const ASKED = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?)?)?$/;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** `2024`, `2024-07`, `2024-07-14T18:22` and longer ones; undefined: another text, or no calendar or clock shows it. */
export function parseClockSpan(text: string): ClockSpan | undefined {
  const matched = ASKED.exec(text);
  if (!matched) return undefined;
  const [year = 0, month, day, hour, minute, second] = matched.slice(1, 7).map((part) => part && Number(part)) as [
    ...(number | undefined)[],
  ];
  const fraction = matched[7];
  const from = wallClockOf({
    year,
    month,
    day,
    hour,
    minute,
    second,
    millisecond: Number((fraction ?? '').padEnd(3, '0')),
  });
  if (!from) return undefined;
  if (month === undefined) return { from, before: wallClockOf({ year: year + 1 }) };
  if (day === undefined) return { from, before: monthAfter({ year, month }) };
  const unitMs =
    hour === undefined ? DAY_MS : second === undefined ? MINUTE_MS : fraction === undefined ? SECOND_MS : 1;
  return { from, before: wallClockAt(wallClockMs(from) + unitMs) };
}

const monthAfter = ({ year, month = 1 }: ClockParts): WallClock | undefined =>
  month === 12 ? wallClockOf({ year: year + 1 }) : wallClockOf({ year, month: month + 1 });
