import type { Limits } from '../../../domain/usage/quota.ts';
import type { Usage } from '../../../domain/usage/usage.ts';
import { optionalInteger, optionalText } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { type ItemKey, usageKey, usageShardKey } from '../../dynamodb/item-keys.ts';

/** Parts of the usage of an owner without limits: as many writes of it may meet. */
const USAGE_SHARDS = 8;

export const shardKeysOf = (userId: string): ItemKey[] =>
  Array.from({ length: USAGE_SHARDS }, (_, shard) => usageShardKey(userId, shard));

export const anyShardKeyOf = (userId: string): ItemKey =>
  usageShardKey(userId, Math.floor(Math.random() * USAGE_SHARDS));

/** The first item has the limits. */
export const usageKeysOf = (userId: string): ItemKey[] => [usageKey(userId), ...shardKeysOf(userId)];

/**
 * The attributes of a usage item. `committed` and `held` are sums of others, because a condition can't add: bytes with
 * reserved ones, and images with pending ones.
 */
export const SUMS = ['bytes', 'images', 'trashedBytes', 'pending', 'reservedBytes', 'committed', 'held'] as const;

/** What to add to the sums, or to those of a recount. */
export const additionOf = (
  change: Usage,
  nameOf: (sum: (typeof SUMS)[number]) => string = (sum) => sum,
): Record<string, number> => {
  const sums: Record<(typeof SUMS)[number], number> = {
    ...change,
    committed: change.bytes + change.reservedBytes,
    held: change.images + change.pending,
  };
  return Object.fromEntries(SUMS.map((sum) => [nameOf(sum), sums[sum]]));
};

/** Counts the writes of an item, so that one condition tells whether it has changed. */
export const WRITES = 'writes';

/** The name of a sum in a recount, whose attributes no other recount has. */
export const recounted =
  (recount: string) =>
  (sum: (typeof SUMS)[number]): string =>
    `${recount}_${sum}`;

export const usageIn = (item: Item, nameOf: (sum: (typeof SUMS)[number]) => string = (sum) => sum): Usage => ({
  bytes: optionalInteger(item, nameOf('bytes')) ?? 0,
  images: optionalInteger(item, nameOf('images')) ?? 0,
  trashedBytes: optionalInteger(item, nameOf('trashedBytes')) ?? 0,
  pending: optionalInteger(item, nameOf('pending')) ?? 0,
  reservedBytes: optionalInteger(item, nameOf('reservedBytes')) ?? 0,
});

/** A shard of an owner that has got limits takes no more writes: its sums went to the owner's item. */
export const CLOSED = 'closed';

/** The limits are one text, so that one condition compares them. */
export const LIMITS = 'limits';
export const limitsText = ({ bytes, images, pending }: Limits): string => JSON.stringify([bytes, images, pending]);

export function limitsIn(item: Item): Limits | null {
  const text = optionalText(item, LIMITS);
  if (text === null) return null;
  const [bytes = null, images = null, pending = null] = JSON.parse(text) as (number | null)[];
  return { bytes, images, pending };
}

export const isUnlimited = ({ bytes, images, pending }: Limits): boolean =>
  bytes === null && images === null && pending === null;
