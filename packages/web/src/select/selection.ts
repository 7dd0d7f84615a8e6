import { AFTER_ALL, BEFORE_ALL, justAfter, type Position } from '../library/position.ts';

/** Positions from `from` on, and less than `to`. */
export interface Range {
  readonly from: Position;
  readonly to: Position;
}

/**
 * Which positions are selected, whether their pictures are loaded or not: what arrives, leaves or scrolls away moves
 * none of them.
 */
export interface Selection {
  /** Apart from each other, the newest first. */
  readonly ranges: readonly Range[];
  /** Positions within the ranges that aren't selected. */
  readonly without: ReadonlySet<Position>;
}

export const NOTHING: Selection = { ranges: [], without: new Set() };
export const EVERYTHING: Range = { from: BEFORE_ALL, to: AFTER_ALL };

export const has = ({ ranges, without }: Selection, position: Position): boolean =>
  !without.has(position) && isWithin(ranges, position);

/** Both ends are part of it, whichever is the newer. */
export const between = (one: Position, other: Position): Range =>
  one < other ? { from: one, to: justAfter(other) } : { from: other, to: justAfter(one) };

export function withRange({ ranges, without }: Selection, range: Range): Selection {
  return { ranges: joined(ranges, range), without: outside(without, range) };
}

export function withoutRange({ ranges, without }: Selection, range: Range): Selection {
  return { ranges: cut(ranges, range), without: outside(without, range) };
}

/** A single picture that leaves a range is an exception, which takes less than another range. */
export function toggled(selection: Selection, position: Position): Selection {
  if (!has(selection, position)) return withRange(selection, between(position, position));
  return except(selection, [position]);
}

export function except({ ranges, without }: Selection, positions: readonly Position[]): Selection {
  return { ranges, without: new Set([...without, ...positions]) };
}

/** The parts of `ranges` that aren't in `others`, the newest first. */
export const partsOutside = (ranges: readonly Range[], others: readonly Range[]): readonly Range[] =>
  others.reduce(cut, ranges);

/** The part that both have; undefined: there is none. */
export function overlap(one: Range, other: Range): Range | undefined {
  const from = one.from > other.from ? one.from : other.from;
  const to = one.to < other.to ? one.to : other.to;
  return from < to ? { from, to } : undefined;
}

/** By halving, since it is asked for each of ten thousand pictures. */
export function isWithin(ranges: readonly Range[], position: Position): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range && range.from > position) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && position < range.to;
}

/** Ranges that touch each other are one. */
export function joined(ranges: readonly Range[], range: Range): readonly Range[] {
  if (range.from >= range.to) return ranges;
  const isApart = ({ from, to }: Range): boolean => from > range.to || to < range.from;
  const met = ranges.filter((one) => !isApart(one));
  const one = met.reduce(
    ({ from, to }, other) => ({ from: from < other.from ? from : other.from, to: to > other.to ? to : other.to }),
    range,
  );
  return [...ranges.filter(isApart), one].toSorted((a, b) => (a.from < b.from ? 1 : -1));
}

function cut(ranges: readonly Range[], hole: Range): readonly Range[] {
  return ranges.flatMap((range) =>
    overlap(range, hole)
      ? [
          { from: hole.to, to: range.to },
          { from: range.from, to: hole.from },
        ].filter(({ from, to }) => from < to)
      : [range],
  );
}

const outside = (positions: ReadonlySet<Position>, { from, to }: Range): ReadonlySet<Position> =>
  new Set([...positions].filter((position) => position < from || position >= to));
