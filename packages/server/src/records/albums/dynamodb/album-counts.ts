import type { Album } from '../../../domain/album/album.ts';
import type { AlbumId } from '../../../domain/album/album-id.ts';
import { AppError, albumNotFound } from '../../../domain/errors.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { optionalInteger, text } from '../../dynamodb/attributes.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import { failedConditions, isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { albumCountsPartition, albumRowsPartition, countsOfAlbumRows, type ItemKey } from '../../dynamodb/item-keys.ts';
import { rowsBetween } from '../../dynamodb/rows-between.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import { shardOf } from '../../shard-of.ts';

/*
 * A counter changes in the transaction that writes or removes a row of its album, so the counters of an album add up to
 * its rows. Once an album is deleted its counters are closed, and refuse the transaction that brings an image into it.
 */

/** Counters of an album: as many writes of it may meet. */
const SHARDS = Array.from({ length: 8 }, (_, shard) => shard);

/** How many rows a counter has. */
const COUNT = 'n';
/** How often it was written, so that a recount notices what changes meanwhile. */
const WRITES = 'writes';
const CLOSED = 'closed';

/** Attempts of one recount, while images come and go. */
const ATTEMPTS = 20;
const RETRY_AFTER_SECONDS = 60;

export const NOT_CLOSED: Condition = { ConditionExpression: `attribute_not_exists(${CLOSED})` };

const shardKey = (partition: string, id: ImageId): ItemKey => ({
  pk: partition,
  sk: String(shardOf(id, SHARDS.length)),
});

/** The counter of an image: always the same one. */
export const albumCounterOf = ({ id, userId }: Pick<Image, 'id' | 'userId'>, albumId: AlbumId): ItemKey =>
  shardKey(albumCountsPartition(userId, albumId), id);

/** The counter of a row; undefined: it is no row of an album. */
export function counterOfRow({ pk, sk }: ItemKey): ItemKey | undefined {
  const partition = countsOfAlbumRows(pk);
  return partition === undefined ? undefined : shardKey(partition, sk as ImageId);
}

export const countRow = (key: ItemKey, change: 1 | -1, condition?: Condition): Write => ({
  add: { key, add: { [COUNT]: change, [WRITES]: 1 }, condition },
});

type Counted = Pick<Album, 'id' | 'userId'>;

/** May lag: it reads a few hundred bytes for half a unit. */
export async function countAlbum(table: Pick<Table, 'query'>, { userId, id }: Counted): Promise<number> {
  const { items } = await table.query({
    KeyConditionExpression: 'pk = :partition',
    ExpressionAttributeValues: { ':partition': { S: albumCountsPartition(userId, id) } },
  });
  return sumOf(items.map(countIn));
}

/** No image comes into the album from then on. Idempotent. `forgetAt`: when its counters go; null: not yet. */
export async function closeAlbum(
  table: Pick<Table, 'update'>,
  { userId, id }: Counted,
  forgetAt: Date | null,
): Promise<void> {
  const ttl = forgetAt && { [TTL_ATTRIBUTE]: { N: String(Math.ceil(forgetAt.getTime() / 1000)) } };
  const set = { [CLOSED]: { BOOL: true }, ...ttl };
  await Promise.all(countersOf({ userId, id }).map((key) => table.update({ key, set, remove: [] })));
}

/**
 * Counts the rows of an album, and corrects counters that differ. An image that comes or goes meanwhile changes its
 * counter, which is then counted again. Errors: `album-not-found` if the album is deleted; `unavailable` if images come
 * and go all the time.
 */
export async function recountAlbum(
  table: Pick<Table, 'query' | 'update' | 'change'>,
  album: Counted,
): Promise<{ readonly images: number; readonly was: number }> {
  const keys = countersOf(album);
  const images = new Map<number, number>();
  let was: number | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const left = SHARDS.filter((shard) => !images.has(shard));
    const counters = await Promise.all(left.map((shard) => touched(table, keys[shard])));
    was ??= sumOf(counters.map(({ count }) => count));
    const rows = await rowsByShard(table, album);
    await Promise.all(
      left.map(async (shard, index) => {
        const counter = counters[index];
        const count = rows.get(shard) ?? 0;
        if (counter && (counter.count === count || (await isCorrected(table, counter, count))))
          images.set(shard, count);
      }),
    );
    if (images.size === SHARDS.length) return { images: sumOf([...images.values()]), was };
  }
  const detail = `expected the images of album ${album.id} to stay the same for a moment; got ${ATTEMPTS} changes`;
  throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

interface Counter {
  readonly key: ItemKey;
  readonly count: number;
  readonly writes: number;
}

/** A write, unlike a read, waits until the transactions before it have written their rows, too. */
async function touched(table: Pick<Table, 'change'>, key: ItemKey | undefined): Promise<Counter> {
  if (!key) throw new Error('expected a counter of the album');
  try {
    const item = await table.change(key, {
      UpdateExpression: `ADD ${WRITES} :one`,
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ...NOT_CLOSED,
    });
    return { key, count: item ? countIn(item) : 0, writes: ((item && optionalInteger(item, WRITES)) ?? 0) + 1 };
  } catch (error) {
    throw failedConditions(error) ? albumNotFound() : error;
  }
}

async function rowsByShard(table: Pick<Table, 'query'>, { userId, id }: Counted): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  for await (const row of rowsBetween(table, albumRowsPartition(userId, id), ALL_IDS)) {
    const shard = shardOf(text(row, 'sk') as ImageId, SHARDS.length);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  return counts;
}

const isCorrected = (table: Pick<Table, 'update'>, { key, writes }: Counter, count: number): Promise<boolean> =>
  isWritten(
    table.update({
      key,
      set: { [COUNT]: { N: String(count) } },
      remove: [],
      condition: {
        ConditionExpression: `${WRITES} = :writes`,
        ExpressionAttributeValues: { ':writes': { N: String(writes) } },
      },
    }),
  );

const ALL_IDS = { from: '0', to: 'g' };

const countersOf = ({ userId, id }: Counted): ItemKey[] =>
  SHARDS.map((shard) => ({ pk: albumCountsPartition(userId, id), sk: String(shard) }));

/** A closed counter may have counted nothing. */
const countIn = (item: Item): number => optionalInteger(item, COUNT) ?? 0;
const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
