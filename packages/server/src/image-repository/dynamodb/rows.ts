import type { Image } from '../../domain/image.ts';
import type { ImageId } from '../../domain/image-id.ts';
import type { IdRange, Order } from '../id-range.ts';

/**
 * An image that a list met: as an index has it, or only by the facet that names it. `undefined` is one whose record can't be
 * read: no page has it.
 */
export type Row =
  | { readonly id: ImageId; readonly image: Image | undefined }
  | { readonly id: ImageId; readonly facet: string };

/**
 * Rows in a list's order, each read when it is pulled. Returns null at the end, or the position up to which everything was
 * looked at when its budget is spent.
 */
export type Rows = AsyncGenerator<Row, ImageId | null, void>;

export const isBehind = (id: ImageId, other: ImageId, order: Order): boolean =>
  order === 'newest' ? id < other : id > other;

/** Whether `id` comes before everything in the range, in that order. */
export const isAhead = (id: ImageId, { from, to }: IdRange, order: Order): boolean =>
  order === 'newest' ? id >= to : id < from;
