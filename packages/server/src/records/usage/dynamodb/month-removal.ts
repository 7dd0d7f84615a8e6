import { LRUCache } from 'lru-cache';
import { eachAtMost } from '../../../flow/each-at-most.ts';
import { text } from '../../dynamodb/attributes.ts';
import { generationSort, type ItemKey, monthsPartition } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import { FIRST, type Generations } from '../../images/dynamodb/generations.ts';
import { MONTH_SHARDS } from './month-item.ts';

/** Counters that are removed at once. */
const WIDTH = 16;
/** Counters of one query. */
const PAGE = 1_000;

/** Owners whose counters were removed. */
const MAX_OWNERS = 10_000;

/**
 * Removes counters of generations before the one that is served, which nobody reads: a walk that builds the next one
 * does so for each owner that it meets. So a table has those of three generations at most, but for an owner who has had
 * no image since: the deletion of the user removes those.
 */
export interface FormerMonths {
  /** Reads nothing if this owner's were removed already. */
  remove(userId: string): Promise<void>;
}

export function createFormerMonths(table: Table, generations: Generations): FormerMonths {
  const removed = new LRUCache<string, true>({ max: MAX_OWNERS });
  return {
    async remove(userId) {
      const { serving } = await generations.current();
      const owner = `${serving} ${userId}`;
      if (serving === null || serving === FIRST || removed.has(owner)) return;
      removed.set(owner, true);
      await eachAtMost(WIDTH, formerCounters(table, userId, serving), (key) => table.delete(key));
    },
  };
}

async function* formerCounters(table: Table, userId: string, serving: number): AsyncGenerator<ItemKey> {
  for (let shard = 0; shard < MONTH_SHARDS; shard += 1) {
    const pk = monthsPartition(userId, shard);
    for (let isLast = false; !isLast; ) {
      const page = await table.query({
        KeyConditionExpression: 'pk = :partition AND sk < :serving',
        ExpressionAttributeValues: { ':partition': { S: pk }, ':serving': { S: generationSort(serving) } },
        ConsistentRead: true,
        Limit: PAGE,
      });
      for (const item of page.items) yield { pk, sk: text(item, 'sk') };
      isLast = page.isLast;
    }
  }
}
