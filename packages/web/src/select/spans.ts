import { clockDay, dayOf, localDay } from '../library/days.ts';
import type { LibrarySnapshot, Segment, Sorted } from '../library/library.ts';
import { AFTER_ALL, BEFORE_ALL, firstAt, justAfter, type Order, timeOf } from '../library/position.ts';
import { type CalendarMonth, formatsOf } from '../ui/formats.ts';
import type { Range } from './selection.ts';

const DAY_MS = 86_400_000;

/** The days under which pictures of these times stand. What a clock shows of the future stands under today. */
export function spanOfDays(oldest: number, newest: number, order: Order): Range {
  return spanOf(startOfDay(oldest, order), startOfDay(newest, order, 1), order);
}

export function spanOfMonth({ year, month }: CalendarMonth, order: Order): Range {
  const { monthStart } = formatsOf(order);
  return spanOf(monthStart({ year, month }), monthStart({ year, month: month + 1 }), order);
}

function spanOf(from: number, to: number, order: Order): Range {
  const now = Date.now();
  const today = order === 'capture' ? localDay(now) * DAY_MS : now;
  return { from: firstAt(from, order), to: to > today ? AFTER_ALL : firstAt(to, order) };
}

function startOfDay(time: number, order: Order, later = 0): number {
  if (order === 'capture') return (Math.min(clockDay(time), localDay(Date.now())) + later) * DAY_MS;
  const date = new Date(time);
  date.setHours(0, 0, 0, 0);
  return date.setDate(date.getDate() + later);
}

/** The month of the heading that the picture stands under. */
export const monthOf = ({ at }: Pick<Sorted, 'at'>, order: Order): CalendarMonth =>
  formatsOf(order).calendarMonth(order === 'capture' ? dayOf(at) * DAY_MS : timeOf(at));

/** The positions of which the page knows all pictures, since it has them loaded. */
export function loadedSpans({ segments }: Pick<LibrarySnapshot, 'segments'>): readonly Range[] {
  return segments.flatMap((segment, index) => {
    if (segment.kind === 'gap' || !segment.pictures) return [];
    return [{ from: lowest(segments[index + 1]), to: highest(segments[index - 1]) }];
  });
}

/** Between two blocks beside each other there is nothing. */
function lowest(below: Segment | undefined): string {
  if (!below) return BEFORE_ALL;
  return below.kind === 'gap' ? below.to : justAfter(below.newest);
}

function highest(above: Segment | undefined): string {
  if (!above) return AFTER_ALL;
  return above.kind === 'gap' ? justAfter(above.from) : above.oldest;
}
