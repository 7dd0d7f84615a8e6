import { text } from '../../dynamodb/attributes.ts';
import { duePartition, type ItemKey, shardPartition } from '../../dynamodb/item-keys.ts';
import { BY_DUE_TIME, BY_SHARD, type IndexDefinition } from '../../dynamodb/schema.ts';
import type { Table } from '../../dynamodb/table.ts';

const PAGE = 100;

/**
 * The keys of all records that count for usage: ready, pending and held ones, and trashed ones among those with a
 * removal ahead. An index lags, so records of the last seconds may be missing, and one may come twice while its state
 * changes.
 */
export async function* countedRecords(table: Table, shards: number): AsyncGenerator<readonly ItemKey[], void, void> {
  for (let shard = 0; shard < shards; shard += 1) {
    yield* keysIn(table, BY_SHARD, shardPartition(shard, 'ready'));
    yield* keysIn(table, BY_SHARD, shardPartition(shard, 'pending'));
    yield* keysIn(table, BY_SHARD, shardPartition(shard, 'held'));
    yield* keysIn(table, BY_DUE_TIME, duePartition(shard, 'removal'));
  }
}

async function* keysIn(
  table: Table,
  index: IndexDefinition,
  partition: string,
): AsyncGenerator<readonly ItemKey[], void, void> {
  for (let after: string | undefined; ; ) {
    const { items, isLast } = await table.query({
      IndexName: index.name,
      KeyConditionExpression: `${index.partition} = :partition${after === undefined ? '' : ` AND ${index.sort} > :after`}`,
      ExpressionAttributeValues: {
        ':partition': { S: partition },
        ...(after !== undefined && { ':after': { S: after } }),
      },
      Limit: PAGE,
    });
    yield items.map((item) => ({ pk: text(item, 'pk'), sk: text(item, 'sk') }));
    const last = items.at(-1);
    if (isLast || !last) return;
    after = text(last, index.sort);
  }
}
