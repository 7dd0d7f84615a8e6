import type { Month, MonthCount } from '../../../domain/lists/months.ts';
import { integer, text } from '../../dynamodb/attributes.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import {
  attributesOfKey,
  generationSort,
  type ItemKey,
  monthOfSort,
  monthSort,
  monthsPartition,
} from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { Generations } from '../../images/dynamodb/generations.ts';
import type { MonthsQuery } from '../../images/image-repository.ts';
import { COUNT, MONTH_SHARDS } from './month-item.ts';

/** Counters of 0 that one read removes: later ones remove the rest. */
const MAX_REMOVED = 100;

/**
 * The months of one owner, exact as of the last resolved write. Another query, and one before a generation is served,
 * is a programming error.
 *
 * The counters of each shard are read from the latest month on, and added up month by month. A counter that falls to 0
 * stays, because its writer doesn't see the sum; a reader that meets it removes it, unless it has risen.
 */
export async function readMonths(
  table: Table,
  generations: Generations,
  { userId, before, limit }: MonthsQuery,
): Promise<readonly MonthCount[]> {
  if (userId === undefined) throw new Error('expected an owner, since there are no months of all; got none');
  const { serving } = await generations.refresh(); // writers may count in a newer one only
  if (serving === null) throw new Error('expected a generation that is served; got none');
  const shards = Array.from({ length: MONTH_SHARDS }, (_, shard) =>
    createCounters(table, { partition: monthsPartition(userId, shard), generation: serving, before, page: limit }),
  );
  const months: MonthCount[] = [];
  const empty: ItemKey[] = [];
  while (months.length < limit) {
    const heads = await Promise.all(shards.map((shard) => shard.head()));
    const month = heads.flatMap((head) => head?.month ?? []).reduce(latest, undefined);
    if (month === undefined) break;
    let images = 0;
    for (const [shard, head] of heads.entries()) {
      if (head?.month !== month) continue;
      shards[shard]?.advance();
      images += head.images;
      if (head.images === 0) empty.push(head.key);
    }
    if (images > 0) months.push({ month, images });
  }
  await Promise.all(empty.slice(0, MAX_REMOVED).map((key) => isWritten(table.delete(key, IS_EMPTY))));
  return months;
}

const latest = (one: Month | undefined, other: Month): Month => (one === undefined || other > one ? other : one);

const IS_EMPTY: Condition = {
  ConditionExpression: `${COUNT} = :none`,
  ExpressionAttributeValues: { ':none': { N: '0' } },
};

interface Counter {
  readonly key: ItemKey;
  readonly month: Month;
  readonly images: number;
}

interface CountersOptions {
  readonly partition: string;
  readonly generation: number;
  readonly before: Month | undefined;
  /** The counters of one query: fewer if they exceed 1 MB. */
  readonly page: number;
}

/** The counters of one shard, the latest month first. */
interface Counters {
  /** The next counter; undefined: there is none. */
  head(): Promise<Counter | undefined>;
  advance(): void;
}

function createCounters(table: Table, { partition, generation, before, page }: CountersOptions): Counters {
  let counters: readonly Counter[] = [];
  let next = 0;
  let after = before && { pk: partition, sk: monthSort(generation, before) };
  let isComplete = false;
  return {
    async head() {
      if (next === counters.length && !isComplete) {
        const { items, isLast } = await table.query({
          KeyConditionExpression: 'pk = :partition AND begins_with(sk, :generation)',
          ExpressionAttributeValues: {
            ':partition': { S: partition },
            ':generation': { S: generationSort(generation) },
          },
          ScanIndexForward: false,
          ProjectionExpression: `sk, ${COUNT}`,
          ConsistentRead: true,
          Limit: page,
          ...(after && { ExclusiveStartKey: attributesOfKey(after) }),
        });
        counters = items.map((item) => {
          const sk = text(item, 'sk');
          return { key: { pk: partition, sk }, month: monthOfSort(sk), images: integer(item, COUNT) };
        });
        next = 0;
        after = counters.at(-1)?.key;
        isComplete = isLast || counters.length === 0;
      }
      return counters[next];
    },

    advance() {
      next += 1;
    },
  };
}
