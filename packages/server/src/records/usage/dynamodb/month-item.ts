import type { Image } from '../../../domain/image/image.ts';
import { type Month, monthOf } from '../../../domain/lists/months.ts';
import { type ItemKey, monthSort, monthsPartition } from '../../dynamodb/item-keys.ts';
import { shardOf } from '../../shard-of.ts';

/** Parts of the counts of an owner: as many writes of it may meet. */
export const MONTH_SHARDS = 8;

/** How many images of its owner a counter has; absent: there was none yet. */
export const COUNT = 'n';

/** The counter of an image. Always in the same shard, so that no counter is ever negative. */
export const counterOf = ({ id, userId }: Image, generation: number, month: Month): ItemKey => ({
  pk: monthsPartition(userId, shardOf(id, MONTH_SHARDS)),
  sk: monthSort(generation, month),
});

/** The month in which the image counts; undefined: it doesn't. */
export const monthIn = (image: Image): Month | undefined => (image.status === 'ready' ? monthOf(image) : undefined);

/**
 * How a record says in which generations it is counted, and as taken in which month: `3:2024-07 4:2024-07`; null: in
 * none.
 */
export const countedText = (generations: readonly number[], month: Month | undefined): string | null =>
  month === undefined || generations.length === 0
    ? null
    : generations.map((generation) => `${generation}:${month}`).join(' ');

/** By generation. */
export const countedIn = (counted: string | null): ReadonlyMap<number, Month> =>
  new Map((counted ?? '').split(' ').flatMap((one) => (one === '' ? [] : [parsed(one)])));

function parsed(one: string): [number, Month] {
  const [generation, month] = one.split(':');
  return [Number(generation), month as Month];
}
