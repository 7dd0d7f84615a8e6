import type { Album } from '@safelight/client';
import type { Order } from '../library/position.ts';
import type { SequenceOrder } from './create-sequence.ts';

export type AlbumOrder = Album['order'];

/** How people call the orders. */
export const ORDER_NAMES: Readonly<Record<AlbumOrder, string>> = {
  added: 'As added',
  manual: 'By hand',
  'taken-newest': 'Date taken, newest first',
  'taken-oldest': 'Date taken, oldest first',
  newest: 'Upload, newest first',
  oldest: 'Upload, oldest first',
};

/** The order of a library with dates; undefined: it is that of a sequence. */
const DATED: Readonly<Partial<Record<AlbumOrder, Order>>> = { newest: 'upload', 'taken-newest': 'capture' };

/** How the pictures of an album are read. A service without an order by capture shows those by upload. */
export function readingOf(order: AlbumOrder, hasCapture: boolean): { readonly dates: Order } | SequenceOrder {
  const able = hasCapture ? order : (order.replace('taken-', '') as AlbumOrder);
  const dates = DATED[able];
  return dates === undefined ? (able as SequenceOrder) : { dates };
}
