import type { ImageId } from '../../../domain/image/image-id.ts';
import type { Item } from '../../../records/dynamodb/item.ts';
import { imageIdOf, shardPartition } from '../../../records/dynamodb/item-keys.ts';
import { BY_SHARD } from '../../../records/dynamodb/schema.ts';
import type { Table } from '../../../records/dynamodb/table.ts';
import { type CompleteFacetsOptions, completeFacets, keyName, namesOf, wantedFor } from './complete-facets.ts';

export interface BackfillOptions extends CompleteFacetsOptions {
  readonly shards: number;
  /** Receives the running sum. */
  readonly onProgress?: (sum: Backfilled) => void;
}

export interface Backfilled {
  /** All examined images, which are those that are ready. */
  readonly images: number;
  /** Images that lacked rows, and have them now unless it was a dry run. */
  readonly incomplete: number;
  /** The missing rows. */
  readonly facets: number;
}

/** The items of one call: some hundred kilobytes. */
const PAGE = 100;
/** Each takes a query, and batches of its page's items. */
const SHARDS_AT_ONCE = 8;
/**
 * A transaction takes some milliseconds. This leaves half of the write capacity to the partition of a tag that all
 * images have.
 */
const IMAGES_AT_ONCE = 4 * SHARDS_AT_ONCE;

/**
 * Completes the facets of every image while the service runs. Each image is one transaction, so the next run continues
 * an interrupted one.
 */
export async function backfill({ shards, onProgress, ...options }: BackfillOptions): Promise<Backfilled> {
  let sum: Backfilled = { images: 0, incomplete: 0, facets: 0 };
  const partitions = Array.from({ length: shards }, (_, shard) => shardPartition(shard, 'ready'));
  for (const some of inGroups(partitions, SHARDS_AT_ONCE)) {
    for await (const items of pagesOf(options.table, some)) {
      const suspects = await suspectsAmong(items, options);
      for (const ids of inGroups(suspects, IMAGES_AT_ONCE)) {
        const completing = ids.map((id) => completeFacets(options, id));
        await Promise.allSettled(completing); // a run that failed has no writes in flight
        const lacked = await Promise.all(completing);
        const lacking = lacked.filter((one) => one !== undefined);
        sum = {
          ...sum,
          incomplete: sum.incomplete + lacking.length,
          facets: lacking.reduce((total, one) => total + one, sum.facets),
        };
      }
      sum = { ...sum, images: sum.images + items.length };
      onProgress?.(sum);
    }
  }
  return sum;
}

/** One page of each partition at a time, in order of creation, until all are done. */
async function* pagesOf(table: Table, partitions: readonly string[]): AsyncGenerator<readonly Item[]> {
  let walks = partitions.map((partition) => ({ partition, after: BEFORE_ALL }));
  while (walks.length > 0) {
    const pages = await Promise.all(
      walks.map(async ({ partition, after }) => ({
        partition,
        ...(await table.query({
          IndexName: BY_SHARD.name,
          KeyConditionExpression: `${BY_SHARD.partition} = :partition AND ${BY_SHARD.sort} > :after`,
          ExpressionAttributeValues: { ':partition': { S: partition }, ':after': { S: after } },
          Limit: PAGE,
        })),
      })),
    );
    yield pages.flatMap(({ items }) => items);
    walks = pages.flatMap(({ partition, items, isLast }) => {
      const after = items.at(-1)?.[BY_SHARD.sort]?.S;
      return isLast || after === undefined ? [] : [{ partition, after }];
    });
  }
}

/** Sorts before every id; a key can't be empty. */
const BEFORE_ALL = '0';

/** Images that seem incomplete: the index and this read may lag, so each is read again. */
async function suspectsAmong(items: readonly Item[], options: CompleteFacetsOptions): Promise<ImageId[]> {
  const images = items.map((item) => ({ id: imageIdOf(item['pk']?.S ?? ''), ...wantedFor(item, options) }));
  const expected = images.filter(({ isSaid }) => isSaid).flatMap(({ facets }) => facets);
  const there = namesOf(await options.table.getMany(expected, 'eventual'));
  return images
    .filter(({ isSaid, facets }) => !isSaid || facets.some((key) => !there.has(keyName(key))))
    .map(({ id }) => id);
}

const inGroups = <Element>(elements: readonly Element[], size: number): Element[][] =>
  Array.from({ length: Math.ceil(elements.length / size) }, (_, n) => elements.slice(n * size, (n + 1) * size));
