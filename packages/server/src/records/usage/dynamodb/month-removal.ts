import { eachAtMost } from '../../../flow/each-at-most.ts';
import { text } from '../../dynamodb/attributes.ts';
import { generationSort, type ItemKey, monthsPartition } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import { MONTH_SHARDS } from './month-item.ts';

/** Counters that are removed at once. */
const WIDTH = 16;
/** Counters of one query. */
const PAGE = 1_000;

/**
 * Removes an owner's counters of generations before the one that is served: nobody reads them. The walk that builds the
 * next generation does so for each owner that it meets. So a table has those of three generations at most, but for an
 * owner whose last image was deleted before the walk: the deletion of the user removes those.
 */
export async function removeFormerMonths(table: Table, userId: string, serving: number): Promise<void> {
  await eachAtMost(WIDTH, formerCounters(table, userId, serving), (key) => table.delete(key));
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
