import { randomUUID } from 'node:crypto';
import { AppError } from '../../../domain/errors.ts';
import { type DefaultLimits, isUnlimited, type Limits, limitsFor } from '../../../domain/usage/quota.ts';
import { NO_IMAGES, plusCounts } from '../../../domain/usage/status-counts.ts';
import { NO_USAGE, plus } from '../../../domain/usage/usage.ts';
import { optionalTime } from '../../dynamodb/attributes.ts';
import { type Condition, EXISTS, IS_NEW } from '../../dynamodb/condition.ts';
import { failedConditions, isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { type ItemKey, ownerItem, sharedKey, usageKey } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { OwnerUsage, UsageRepository } from '../usage-repository.ts';
import { countedRecords } from './counted-records.ts';
import { includesOwners, LIMITED_OWNERS, limitedOwnersIn, limitedOwnersOf } from './limited-owners.ts';
import { ownersAfter } from './owners.ts';
import { createRecount, type RecountOptions } from './recount.ts';
import { BY_STATUS, LIMITED, RECOUNT, SINCE } from './recounts.ts';
import {
  CLOSED,
  countsIn,
  LIMITS,
  limitsIn,
  limitsText,
  shardKeysOf,
  usageIn,
  usageKeysOf,
  WRITES,
} from './usage-item.ts';

export interface DynamodbUsageOptions extends Omit<RecountOptions, 'closeShards' | 'countedAt'> {
  readonly defaults: DefaultLimits;
  /** Whether the image repository counts. */
  readonly isCounting: boolean;
}

/** Attempts to move what a shard holds while others write it. */
const MOVES = 20;
const RETRY_AFTER_SECONDS = 2;

export function createDynamodbUsage(
  table: Table,
  { defaults, shards, isCounting, ...counting }: DynamodbUsageOptions,
): UsageRepository {
  const isLimited = (userId: string): boolean => !isUnlimited(limitsFor(defaults, userId));
  const limited = limitedOwnersOf(defaults);
  const countedAt = (since: Date): Item => ({
    [SINCE]: { N: String(since.getTime()) },
    [BY_STATUS]: { BOOL: limited.every(({ isLimited }) => isLimited) },
    [LIMITED_OWNERS]: { S: JSON.stringify(limited) },
  });

  async function ownerUsage(userId: string): Promise<OwnerUsage> {
    const items = await table.getMany(usageKeysOf(userId), 'strong');
    const own = items.map(limitsIn).find((limits) => limits !== null);
    const usage = items.map((item) => usageIn(item)).reduce(plus, NO_USAGE);
    const isKnown = isCounting && (await counting.recounts.countsByStatus());
    const byStatus = isKnown ? items.map(countsIn).reduce(plusCounts, NO_IMAGES) : undefined;
    return { userId, usage, byStatus, limits: own ?? limitsFor(defaults, userId), hasOwnLimits: own !== undefined };
  }

  /** Moves what the owner's shards hold to its one item, and closes them. */
  const closeShards = (userId: string): Promise<unknown> =>
    Promise.all(shardKeysOf(userId).map((key) => closeShard(userId, key)));

  const closeIfLimited = async (userId: string): Promise<unknown> =>
    isLimited(userId) ? closeShards(userId) : undefined;

  async function closeShard(userId: string, key: ItemKey): Promise<void> {
    for (let attempt = 1; attempt <= MOVES; attempt += 1) {
      const item = await table.get(key);
      if (item && CLOSED in item) return;
      const held = numbersIn(item);
      const set = { [CLOSED]: { BOOL: true } };
      const update = { key, set, remove: Object.keys(held), condition: item ? isOpenWith(item) : IS_NEW };
      const moved = { add: { key: usageKey(userId), add: { ...held, [WRITES]: 1 } } };
      try {
        await table.transact([{ update }, moved], randomUUID());
        return;
      } catch (error) {
        if (!failedConditions(error)) throw error;
      }
    }
    const detail = `expected the usage of one owner to stay the same for a moment; got ${MOVES} changes: try again later`;
    throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Unless the owner has got limits again. A shard without an item is open. */
  async function openShards(userId: string): Promise<void> {
    const unlimited = { check: usageKey(userId), condition: HAS_NO_LIMITS };
    for (const key of shardKeysOf(userId)) {
      const update = { key, set: {}, remove: [CLOSED], condition: EXISTS };
      await isWritten(table.transact([{ update }, unlimited], randomUUID()));
    }
  }

  const setLimits = async (userId: string, limits: Limits | null): Promise<void> => {
    if (!limits) {
      await isWritten(table.update({ key: usageKey(userId), set: {}, remove: [LIMITS], condition: EXISTS })); // none for a deleted user
      if (!isLimited(userId)) await openShards(userId);
      return;
    }
    await table.put(ownerItem(userId));
    await closeShards(userId); // before: a process that dies here leaves no limits beside open shards
    await table.update({ key: usageKey(userId), set: { [LIMITS]: { S: limitsText(limits) } }, remove: [] });
    await closeShards(userId); // after: another may have opened them before there were limits
  };

  return {
    countsByStatus: isCounting,

    usageOf: ownerUsage,
    setLimits,

    async findOwners({ after, limit }) {
      const { ids, next } = await ownersAfter(table, { after, limit });
      return { owners: await Promise.all(ids.map(ownerUsage)), next };
    },

    totalUsage: async () => undefined,

    async isEmpty() {
      for await (const keys of countedRecords(table, shards)) if (keys.length > 0) return false;
      return true;
    },

    /** Limits need sums that are in one item, which a recount with limits for these owners made them. */
    async countedSince() {
      const item = await table.get(sharedKey('usage'));
      if (!item) return undefined;
      const isUsable = includesOwners(limitedOwnersIn(item), limited);
      return (isUsable ? optionalTime(item, SINCE) : null) ?? (RECOUNT in item ? 'being-counted' : undefined);
    },

    async setCounted(since) {
      const remove = since ? [LIMITED] : [SINCE, LIMITED, BY_STATUS, LIMITED_OWNERS, RECOUNT];
      await table.update({ key: sharedKey('usage'), set: since ? countedAt(since) : {}, remove });
      await counting.recounts.refresh();
    },

    recount: createRecount(table, { ...counting, shards, closeShards: closeIfLimited, countedAt }),
  };
}

/** The numbers that an item holds, apart from its count of writes. */
const numbersIn = (item: Item = {}): Record<string, number> =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, { N }]) => (N === undefined || name === WRITES ? [] : [[name, Number(N)]])),
  );

/** Not closed, and not written since. */
const isOpenWith = (item: Item): Condition =>
  item[WRITES]
    ? {
        ConditionExpression: `attribute_not_exists(${CLOSED}) AND ${WRITES} = :writes`,
        ExpressionAttributeValues: { ':writes': item[WRITES] },
      }
    : { ConditionExpression: `attribute_not_exists(${CLOSED}) AND attribute_not_exists(${WRITES})` };

const HAS_NO_LIMITS: Condition = { ConditionExpression: `attribute_not_exists(${LIMITS})` };
