import type { Image } from '../../../../domain/image/image.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import type { Direction, ListPosition } from '../../../../domain/lists/list-position.ts';
import type { ListRange } from '../../list-range.ts';

/**
 * An image of a list: as an index contains it, or only what names it: a facet, or null for an index of keys. An image
 * that is `undefined` has a record that can't be read, and no page contains it.
 */
export type Row =
  | { readonly at: ListPosition; readonly id: ImageId; readonly image: Image | undefined }
  | { readonly at: ListPosition; readonly id: ImageId; readonly facet: string | null };

/**
 * Rows in a list's order, each read when it is pulled. Returns null at the end, or the position reached when the budget
 * is spent.
 */
export type Rows = AsyncGenerator<Row, ListPosition | null, void>;

/** Whether `position` precedes the whole range in that direction. */
export const isAhead = (position: ListPosition, { from, to }: ListRange, direction: Direction): boolean =>
  direction === 'newest' ? position >= to : position < from;
