import { LRUCache } from 'lru-cache';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import {
  type Asked,
  askedBy,
  type DefaultLimits,
  isUnlimited,
  type Limits,
  limitsFor,
  quotaExceeded,
  quotaFault,
} from '../../../domain/usage/quota.ts';
import { NO_USAGE } from '../../../domain/usage/usage.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import type { Item } from '../../dynamodb/item.ts';
import { ownerItem, usageKey } from '../../dynamodb/item-keys.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { Recounts } from './recounts.ts';
import {
  additionOf,
  anyShardKeyOf,
  CLOSED,
  LIMITS,
  limitsIn,
  limitsText,
  recounted,
  type Sums,
  sumsChange,
  sumsOfImage,
  usageIn,
  WRITES,
} from './usage-item.ts';

/** What a transaction adds to count an image's change. */
export interface Counting {
  readonly writes: readonly Write[];
  /** The recount that has added up the record, for the record's own attribute; null: none. */
  readonly mark: string | null;
}

/**
 * Counts in the transaction that writes the record. What is believed about an owner's limits is a condition of the
 * write: a failure shows the limits, and the write is repeated.
 */
export interface UsageCounts {
  /** Errors: `quota-exceeded` if the image is larger than the whole quota. */
  forNew(image: PendingImage): Promise<Counting>;
  /** Counts an image in any state, whatever the limits of its owner. */
  forAdded(image: Image): Promise<Counting>;
  /** `mark`: the recount that has added up the record as it is stored; null: none. */
  forChange(from: Image, to: Image, mark: string | null): Promise<Counting>;
  /** A condition of `writes` failed on this item (undefined: there is none): repeat the write with what was learnt. */
  learn(userId: string, item: Item | undefined): Promise<void>;
  /**
   * Learns from a failed condition of `forNew`. Errors: `quota-exceeded` if its owner's limits were the expected ones.
   */
  learnOfNew(image: PendingImage, item: Item | undefined): Promise<void>;
  /** What adds an unchanged record to a recount. */
  forRecount(image: Image, recount: string): Write;
  /** A record has another mark than expected: whether that recount runs is read again. */
  learnMark(): Promise<void>;
  /** The new image was written. */
  written(image: Image): void;
}

/** Owners whose limits, or whose entry in lists, are known. */
const MAX_OWNERS = 10_000;

/**
 * The deletion of a user removes the entry, and blocks the user for a day at least: a process must not remember an
 * entry for as long.
 */
const LISTED_MS = 3_600_000;

/**
 * An owner that counts in one item, and its own limits; null: it has none. Other owners count in shards, unless the
 * configuration limits them.
 */
interface KnownOwner {
  readonly limits: Limits | null;
}

export interface UsageCountsOptions {
  readonly defaults: DefaultLimits;
  readonly recounts: Recounts;
  readonly elapsedMs?: () => number;
}

export function createUsageCounts(
  table: Table,
  { defaults, recounts, elapsedMs = () => performance.now() }: UsageCountsOptions,
): UsageCounts {
  const owners = new LRUCache<string, KnownOwner>({ max: MAX_OWNERS });
  /** When each was written. */
  const listedMs = new LRUCache<string, number>({ max: MAX_OWNERS });

  const ownLimitsOf = (userId: string): Limits | null => owners.get(userId)?.limits ?? null;
  const isInOneItem = (userId: string): boolean => owners.has(userId) || !isUnlimited(limitsFor(defaults, userId));

  async function counting({ image, change, after, mark, condition }: Change): Promise<Counting> {
    const running = await recounts.running();
    if (!change) return { writes: [], mark: mark === running ? mark : null };
    const isOne = isInOneItem(image.userId);
    const add = {
      [WRITES]: 1,
      ...additionOf(change),
      ...(running !== null && additionOf(mark === running ? change : after, recounted(running))),
    };
    const write = {
      key: isOne ? usageKey(image.userId) : anyShardKeyOf(image.userId),
      add,
      condition: isOne ? condition : NOT_CLOSED,
    };
    return { writes: [{ add: write }], mark: running };
  }

  async function forNew(image: PendingImage): Promise<Counting> {
    const { userId } = image;
    const [after, own] = [sumsOfImage(image), ownLimitsOf(userId)];
    const rooms = roomsFor(askedBy(image), own ?? limitsFor(defaults, userId));
    if (!rooms) {
      await learnOfNew(image, await table.get(usageKey(userId)));
      return forNew(image); // its limits had changed
    }
    return listing(
      userId,
      await counting({ image, change: after, after, mark: null, condition: conditionOf(rooms, own) }),
    );
  }

  async function forAdded(image: Image): Promise<Counting> {
    const after = sumsOfImage(image);
    if (Object.values(after).every((sum) => sum === 0)) return { writes: [], mark: null };
    const counted = await counting({ image, change: after, after, mark: null, condition: undefined });
    return listing(image.userId, counted);
  }

  /** Forgets an entry that is outdated. */
  function isListed(userId: string): boolean {
    if (elapsedMs() - (listedMs.get(userId) ?? -Infinity) < LISTED_MS) return true;
    listedMs.delete(userId);
    return false;
  }

  const listing = (userId: string, { writes, mark }: Counting): Counting => ({
    writes: [...writes, ...(isListed(userId) ? [] : [{ put: ownerItem(userId) }])],
    mark,
  });

  async function learnOfNew(image: PendingImage, item: Item | undefined): Promise<void> {
    const limits = item ? limitsIn(item) : null;
    if (!(item && CLOSED in item) && isSame(ownLimitsOf(image.userId), limits)) {
      const fault = quotaFault(
        item ? usageIn(item) : NO_USAGE,
        limits ?? limitsFor(defaults, image.userId),
        askedBy(image),
      );
      if (fault) throw quotaExceeded(fault);
    }
    await learn(image.userId, item);
  }

  async function learn(userId: string, item: Item | undefined): Promise<void> {
    if (item && CLOSED in item) {
      const one = await table.get(usageKey(userId));
      owners.set(userId, { limits: one ? limitsIn(one) : null });
      return;
    }
    const limits = item ? limitsIn(item) : null;
    if (limits) owners.set(userId, { limits });
    else if (ownLimitsOf(userId)) owners.delete(userId);
  }

  return {
    forNew,
    forAdded,
    forChange: (from, to, mark) =>
      counting({ image: to, change: sumsChange(from, to), after: sumsOfImage(to), mark, condition: undefined }),
    forRecount(image, recount) {
      const add = { [WRITES]: 1, ...additionOf(sumsOfImage(image), recounted(recount)) };
      const isOne = isInOneItem(image.userId);
      const key = isOne ? usageKey(image.userId) : anyShardKeyOf(image.userId);
      return { add: { key, add, condition: isOne ? undefined : NOT_CLOSED } };
    },
    learn,
    learnOfNew,
    learnMark: () => recounts.refresh(),
    written({ userId }) {
      if (!listedMs.has(userId)) listedMs.set(userId, elapsedMs()); // else the write had no entry: the age stays
    },
  };
}

interface Change {
  readonly image: Image;
  readonly change: Sums | undefined;
  readonly after: Sums;
  readonly mark: string | null;
  /** The condition of an owner's usage item. */
  readonly condition: Condition | undefined;
}

const NOT_CLOSED: Condition = { ConditionExpression: `attribute_not_exists(${CLOSED})` };

const isSame = (one: Limits | null, other: Limits | null): boolean =>
  one && other ? limitsText(one) === limitsText(other) : one === other;

/** The most that each sum may be before the image is added; undefined if the image alone is too much. */
function roomsFor(
  asked: Asked,
  { bytes, images, pending }: Limits,
): readonly (readonly [string, number])[] | undefined {
  const rooms = [
    ['committed', bytes, asked.bytes],
    ['held', images, asked.images],
    ['pending', pending, 1],
  ] as const;
  if (rooms.some(([, max, more]) => max !== null && more > max)) return undefined;
  return rooms.flatMap(([name, max, more]) => (max === null ? [] : [[name, max - more] as const]));
}

/** The image fits, and the limits of its owner are the known ones. */
const conditionOf = (rooms: readonly (readonly [string, number])[], own: Limits | null): Condition => ({
  ConditionExpression: [
    own ? `${LIMITS} = :limits` : `attribute_not_exists(${LIMITS})`,
    ...rooms.map(([name]) => `(attribute_not_exists(${name}) OR ${name} <= :${name})`),
  ].join(' AND '),
  ...((own || rooms.length > 0) && {
    ExpressionAttributeValues: {
      ...(own && { ':limits': { S: limitsText(own) } }),
      ...Object.fromEntries(rooms.map(([name, room]) => [`:${name}`, { N: String(room) }])),
    },
  }),
});
