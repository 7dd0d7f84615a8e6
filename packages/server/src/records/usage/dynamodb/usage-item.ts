import type { Image } from '../../../domain/image/image.ts';
import type { Limits } from '../../../domain/usage/quota.ts';
import { countsOf, type StatusCounts } from '../../../domain/usage/status-counts.ts';
import { type Usage, usageOf } from '../../../domain/usage/usage.ts';
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
 * reserved ones, and images with pending ones. Images in the state `held` are the rest of `images`.
 */
export const SUMS = [
  ...(['bytes', 'images', 'trashedBytes', 'pending', 'reservedBytes', 'committed', 'held'] as const),
  ...(['readyImages', 'trashedImages'] as const),
] as const;
type Sum = (typeof SUMS)[number];
export type Sums = Readonly<Record<Sum, number>>;

export const sumsOf = (usage: Usage, { ready, trashed }: Pick<StatusCounts, 'ready' | 'trashed'>): Sums => ({
  ...usage,
  committed: usage.bytes + usage.reservedBytes,
  held: usage.images + usage.pending,
  readyImages: ready,
  trashedImages: trashed,
});

/** What one record adds to the sums of its owner. */
export const sumsOfImage = (image: Image): Sums => sumsOf(usageOf(image), countsOf(image));

/** The change of its owner's sums by a transition; undefined: none. */
export function sumsChange(from: Image, to: Image): Sums | undefined {
  const [before, after] = [sumsOfImage(from), sumsOfImage(to)];
  if (SUMS.every((sum) => before[sum] === after[sum])) return undefined;
  return Object.fromEntries(SUMS.map((sum) => [sum, after[sum] - before[sum]])) as Record<Sum, number>;
}

/** What to add to the sums, or to those of a recount. */
export const additionOf = (sums: Sums, nameOf: (sum: Sum) => string = (sum) => sum): Record<string, number> =>
  Object.fromEntries(SUMS.map((sum) => [nameOf(sum), sums[sum]]));

/** Counts the writes of an item, so that one condition tells whether it has changed. */
export const WRITES = 'writes';

/** The name of a sum in a recount, whose attributes no other recount has. */
export const recounted =
  (recount: string) =>
  (sum: Sum): string =>
    `${recount}_${sum}`;

export const usageIn = (item: Item, nameOf: (sum: Sum) => string = (sum) => sum): Usage => ({
  bytes: optionalInteger(item, nameOf('bytes')) ?? 0,
  images: optionalInteger(item, nameOf('images')) ?? 0,
  trashedBytes: optionalInteger(item, nameOf('trashedBytes')) ?? 0,
  pending: optionalInteger(item, nameOf('pending')) ?? 0,
  reservedBytes: optionalInteger(item, nameOf('reservedBytes')) ?? 0,
});

export function countsIn(item: Item): StatusCounts {
  const [ready, trashed] = [optionalInteger(item, 'readyImages') ?? 0, optionalInteger(item, 'trashedImages') ?? 0];
  const { images, pending } = usageIn(item);
  return { pending, held: images - ready - trashed, ready, trashed };
}

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
