import type { MonthCount } from '../library/library.ts';
import { firstIndex } from './first-index.ts';

/** Where pictures are in time. */
export interface TimeScale {
  /** How many pictures there are; undefined: nobody knows, and an amount is a number of milliseconds. */
  readonly total: number | undefined;
  /** The amount of pictures between two times, as if those of a month were taken evenly. */
  between(newest: number, oldest: number): number;
  /** The time before which there is that amount down from `newest`; not before `oldest`. */
  timeBelow(newest: number, amount: number, oldest: number): number;
}

/** As if all pictures were taken evenly. */
const EVEN: TimeScale = {
  total: undefined,
  between: (newest, oldest) => newest - oldest,
  timeBelow: (newest, amount, oldest) => Math.max(oldest, newest - amount),
};

/** Milliseconds: `to` is exclusive. */
export interface Month {
  readonly from: number;
  readonly to: number;
}

/** Clocks count as if they showed UTC. */
export function monthOf({ month }: Pick<MonthCount, 'month'>): Month {
  const first = new Date(`${month}-01T00:00:00.000Z`);
  return { from: first.getTime(), to: new Date(first).setUTCMonth(first.getUTCMonth() + 1) };
}

export function createTimeScale(counts: readonly MonthCount[] | undefined): TimeScale {
  if (!counts || counts.length === 0) return EVEN;
  /** The earliest first, each with the number of pictures before it. */
  const months: (Month & { readonly before: number; readonly images: number })[] = [];
  let total = 0;
  for (const count of counts.toReversed()) {
    months.push({ ...monthOf(count), before: total, images: count.images });
    total += count.images;
  }
  const last = (isSo: (month: (typeof months)[number]) => boolean) =>
    months[firstIndex(months, (month) => !isSo(month)) - 1];

  function before(time: number): number {
    const month = last(({ from }) => from < time);
    if (!month) return 0;
    return month.before + month.images * Math.min(1, (time - month.from) / (month.to - month.from));
  }

  return {
    total,
    between: (newest, oldest) => Math.max(0, before(newest) - before(oldest)),
    timeBelow(newest, amount, oldest) {
      const left = before(newest) - amount;
      const month = last((one) => one.before < left);
      if (amount <= 0 || !month) return amount <= 0 ? newest : oldest;
      const time = month.from + ((left - month.before) / month.images) * (month.to - month.from);
      return Math.min(newest, Math.max(oldest, time));
    },
  };
}
