import { firstIdAt } from '../../domain/image/image-id.ts';
import {
  type Direction,
  directionOf,
  isByCapture,
  isOfAlbum,
  type ListPosition,
} from '../../domain/lists/list-position.ts';
import type { FindQuery } from './image-repository.ts';

/** The positions of one order from `from` (inclusive) to `to` (exclusive), as text. */
export interface ListRange {
  readonly from: string;
  readonly to: string;
}

/** A position begins with a digit or a letter from a to f. */
export const BEFORE_ALL = '';
export const AFTER_ALL = 'g';

/** The smallest text greater than a position: all end with an id, so none begins with another. */
const textAfter = (position: ListPosition): string => `${position}0`;

/** The positions that a list has to search: its dates, after its position. */
export const rangeOf = (query: FindQuery): ListRange => {
  const dates = datesOf(query);
  return query.after === undefined ? dates : rangeBehind(dates, query.after, directionOf(query.order));
};

function datesOf(query: FindQuery): ListRange {
  if (isOfAlbum(query.order)) return { from: BEFORE_ALL, to: AFTER_ALL };
  return isByCapture(query.order) ? captureDatesOf(query) : uploadDatesOf(query);
}

const uploadDatesOf = ({ createdFrom, createdBefore }: FindQuery): ListRange => ({
  from: createdFrom === undefined ? BEFORE_ALL : firstIdAt(createdFrom),
  to: createdBefore === undefined ? AFTER_ALL : firstIdAt(createdBefore),
});

/** A clock sorts before every position of its millisecond. */
const captureDatesOf = ({ takenFrom, takenBefore }: FindQuery): ListRange => ({
  from: takenFrom ?? BEFORE_ALL,
  to: takenBefore ?? AFTER_ALL,
});

/** The part of `range` after `position` in that direction; `position` may lie anywhere. */
export const rangeBehind = ({ from, to }: ListRange, position: ListPosition, direction: Direction): ListRange => {
  if (direction === 'newest') return { from, to: position < to ? position : to };
  const next = textAfter(position);
  return { from: next > from ? next : from, to };
};

/** The part of `range` from `position`, one of its own, on, in that direction. */
export const rangeStartingAt = ({ from, to }: ListRange, position: ListPosition, direction: Direction): ListRange =>
  direction === 'newest' ? { from, to: textAfter(position) } : { from: position, to };
