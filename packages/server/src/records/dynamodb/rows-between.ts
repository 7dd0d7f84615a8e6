import { text } from './attributes.ts';
import type { Item } from './item.ts';
import type { Table } from './table.ts';

/** The least text that sorts after another is that text and this. */
const NEXT = '\u0001';

/** A page: DynamoDB ends it at 1 MB anyway. */
const PAGE = 1_000;

/** Rows of a partition, strongly consistent, in the order of their sort keys, with both ends. */
export async function* rowsBetween(
  table: Pick<Table, 'query'>,
  partition: string,
  { from, to, page = PAGE }: { readonly from: string; readonly to: string; readonly page?: number },
): AsyncGenerator<Item> {
  for (let after = from; ; ) {
    const { items, isLast } = await table.query({
      KeyConditionExpression: 'pk = :partition AND sk BETWEEN :after AND :to',
      ExpressionAttributeValues: { ':partition': { S: partition }, ':after': { S: after }, ':to': { S: to } },
      ConsistentRead: true,
      Limit: page,
    });
    yield* items;
    const last = items.at(-1);
    if (isLast || !last) return;
    after = `${text(last, 'sk')}${NEXT}`;
  }
}
