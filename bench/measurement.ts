import { median, type Rounds } from './rounds.ts';

/** A row of the table. */
export interface Measurement {
  /** Begins with the bench's name. */
  readonly what: string;
  /** Empty if it is the result. */
  readonly subject: string;
  readonly floor: string;
  /** The value that the goal judges, with the smallest and largest of a round. */
  readonly result: string;
  readonly goal: string;
  /** Undefined without a goal: the figure is informational. */
  readonly isMet: boolean | undefined;
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** The format of a figure: `12,345/s`. */
export type Unit = (value: number) => string;

export const perSecond: Unit = (value) =>
  value < 10 ? `${value.toFixed(1)}/s` : `${Math.round(value).toLocaleString('en')}/s`;
export const milliseconds: Unit = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const megabytes: Unit = (bytes) => `${(bytes / 1_048_576).toFixed(0)} MB`;

/** Judges the ratio of the medians; its spread is that of the ratios per round. */
export function compare(
  what: string,
  { subject, floor }: Rounds<'subject' | 'floor'>,
  { unit, goal }: { readonly unit: Unit; readonly goal?: Goal },
): Measurement {
  const ratios = subject.map((value, round) => value / (floor[round] ?? Number.NaN));
  const ratio = median(subject) / median(floor);
  return {
    what,
    subject: unit(median(subject)),
    floor: unit(median(floor)),
    result: `${times(ratio)} (${rangeOf(ratios, times)})`,
    goal: goalText(goal, times),
    isMet: goal && meets(ratio, goal),
  };
}

/** Judges the median itself. */
export function judge(
  what: string,
  values: readonly number[],
  { unit, goal, floor }: { readonly unit: Unit; readonly goal?: Goal; readonly floor?: readonly number[] },
): Measurement {
  return {
    what,
    subject: '',
    floor: floor ? unit(median(floor)) : '',
    result: `${unit(median(values))} (${rangeOf(values, unit)})`,
    goal: goalText(goal, unit),
    isMet: goal && meets(median(values), goal),
  };
}

const times: Unit = (ratio) => ratio.toFixed(2);

/** `400–650 ms` */
const rangeOf = (values: readonly number[], unit: Unit): string =>
  `${unit(Math.min(...values)).replace(/[^\d.,].*$/, '')}–${unit(Math.max(...values))}`;

const meets = (value: number, goal: Goal): boolean =>
  'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;

const goalText = (goal: Goal | undefined, unit: Unit): string => {
  if (goal === undefined) return '';
  return 'atLeast' in goal ? `≥ ${unit(goal.atLeast)}` : `≤ ${unit(goal.atMost)}`;
};
