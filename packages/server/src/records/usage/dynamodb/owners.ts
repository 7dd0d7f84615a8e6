import { text } from '../../dynamodb/attributes.ts';
import { OWNERS } from '../../dynamodb/item-keys.ts';
import { BY_SHARD } from '../../dynamodb/schema.ts';
import type { Table } from '../../dynamodb/table.ts';

/** A page of owners with usage or limits, in the order of their ids. New ones may be missing for some seconds. */
export async function ownersAfter(
  table: Table,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> {
  const { items, isLast } = await table.query({
    IndexName: BY_SHARD.name,
    KeyConditionExpression: `${BY_SHARD.partition} = :owners${after === undefined ? '' : ` AND ${BY_SHARD.sort} > :after`}`,
    ExpressionAttributeValues: { ':owners': { S: OWNERS }, ...(after !== undefined && { ':after': { S: after } }) },
    Limit: limit,
  });
  const ids = items.map((item) => text(item, BY_SHARD.sort));
  return { ids, next: isLast ? null : (ids.at(-1) ?? null) };
}
