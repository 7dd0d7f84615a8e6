import { text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { outboxEnd, outboxPartition } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import { imageIdIn } from './event-item.ts';

/** 250 bytes each: 4 units of reads that aren't strongly consistent. */
const FIRST = 100;

export interface OutboxPage {
  /** All entries of each of their images, by image and revision. */
  readonly entries: readonly Item[];
  /** Where the next page begins; undefined: this was the last one. */
  readonly next: string | undefined;
}

/**
 * A page of the outbox of a shard, read downwards: a query is no snapshot, and one that reads upwards may see a
 * revision and miss the one before it, which was written meanwhile behind its back. One that reads downwards may not.
 * The image in which a page ends is left to the next page.
 */
export async function readOutbox(
  table: Pick<Table, 'query'>,
  { shard, below, limit }: { readonly shard: number; readonly below: string | undefined; readonly limit: number },
): Promise<OutboxPage> {
  const items: Item[] = [];
  for (let end = below; ; ) {
    const page = await queryBelow(table, { shard, below: end, limit });
    items.push(...page.items);
    const last = items.at(-1);
    if (page.isLast || !last) return { entries: items.reverse(), next: undefined };
    const cut = imageIdIn(last);
    const whole = items.filter((item) => imageIdIn(item) !== cut);
    if (whole.length > 0) return { entries: whole.reverse(), next: outboxEnd(cut) };
    end = text(last, 'sk'); // an image with more entries than a page
  }
}

/** Whether anything waits: an empty partition costs one unit. */
export const isOutboxEmpty = async (table: Pick<Table, 'query'>, shard: number): Promise<boolean> =>
  (await queryBelow(table, { shard, below: undefined, limit: 1 })).items.length === 0;

/** The entries of the images that were created first. */
export const entriesOfFirstImages = async (table: Pick<Table, 'query'>, shard: number): Promise<readonly Item[]> =>
  (await table.query({ ...inOutbox(shard), ConsistentRead: false, Limit: FIRST })).items;

const queryBelow = (
  table: Pick<Table, 'query'>,
  { shard, below, limit }: { readonly shard: number; readonly below: string | undefined; readonly limit: number },
): ReturnType<Table['query']> =>
  table.query({ ...inOutbox(shard, below), ScanIndexForward: false, ConsistentRead: true, Limit: limit });

const inOutbox = (shard: number, below?: string) => ({
  KeyConditionExpression: below === undefined ? 'pk = :partition' : 'pk = :partition AND sk < :below',
  ExpressionAttributeValues: {
    ':partition': { S: outboxPartition(shard) },
    ...(below !== undefined && { ':below': { S: below } }),
  },
});
