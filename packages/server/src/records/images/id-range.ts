import { firstIdAt, type ImageId } from '../../domain/image/image-id.ts';
import type { FindQuery } from './image-repository.ts';

/** The ids from `from` (inclusive) to `to` (exclusive), as text: ids are lower-case hex of one length. */
export interface IdRange {
  readonly from: string;
  readonly to: string;
}

export type Order = FindQuery['order'];

export const BEFORE_ALL_IDS = '';
export const AFTER_ALL_IDS = 'g';

/** The smallest text greater than an id: no other id lies between them. */
const textAfter = (id: ImageId): string => `${id}0`;

/** The ids that a list has to search: its dates, after its position. */
export const rangeOf = ({ createdFrom, createdBefore, after, order }: FindQuery): IdRange => {
  const dates = {
    from: createdFrom === undefined ? BEFORE_ALL_IDS : firstIdAt(createdFrom),
    to: createdBefore === undefined ? AFTER_ALL_IDS : firstIdAt(createdBefore),
  };
  return after === undefined ? dates : rangeBehind(dates, after, order);
};

/** The part of `range` after `id` in that order; `id` may lie anywhere. */
export const rangeBehind = ({ from, to }: IdRange, id: ImageId, order: Order): IdRange => {
  if (order === 'newest') return { from, to: id < to ? id : to };
  const next = textAfter(id);
  return { from: next > from ? next : from, to };
};

/** The part of `range` from `id`, one of its ids, on, in that order. */
export const rangeStartingAt = ({ from, to }: IdRange, id: ImageId, order: Order): IdRange =>
  order === 'newest' ? { from, to: textAfter(id) } : { from: id, to };
