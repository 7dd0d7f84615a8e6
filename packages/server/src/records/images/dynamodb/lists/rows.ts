import type { Image } from '../../../../domain/image/image.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import type { IdRange, Order } from '../../id-range.ts';

/**
 * An image of a list: as an index contains it, or only the facet that names it. `undefined`: its record can't be read,
 * and no page contains it.
 */
export type Row =
  | { readonly id: ImageId; readonly image: Image | undefined }
  | { readonly id: ImageId; readonly facet: string };

/**
 * Rows in a list's order, each read when it is pulled. Returns null at the end, or the position reached when the budget
 * is spent.
 */
export type Rows = AsyncGenerator<Row, ImageId | null, void>;

export const isBehind = (id: ImageId, other: ImageId, order: Order): boolean =>
  order === 'newest' ? id < other : id > other;

/** Whether `id` precedes the whole range in that order. */
export const isAhead = (id: ImageId, { from, to }: IdRange, order: Order): boolean =>
  order === 'newest' ? id >= to : id < from;
