import { randomUUID } from 'node:crypto';
import { dueAt, type Image, isPublished, type PublishedImage } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { checkKey, duePartition, dueUntil, type ItemKey, shardPartition } from '../../dynamodb/item-keys.ts';
import { BY_DUE_TIME, BY_SHARD, type IndexDefinition, TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { isNewer } from '../../dynamodb/schema-version.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { DuePart, ImageRepository } from '../image-repository.ts';
import { albumsListedIn, countedAsIn, idIn, imageOf } from './image-item.ts';

type Upkeep = Pick<ImageRepository, 'shards' | 'due' | 'published' | 'forget' | 'check'>;

export interface UpkeepOptions {
  /** The number of shards to read. */
  readonly shards: number;
  readonly unreadable: UnreadableRecords;
}

/** The item of an ended process expires. */
const CHECK_KEPT_SECONDS = 3_600;

/** The operations of the sweeper. */
export function createUpkeep(table: Table, { shards, unreadable }: UpkeepOptions): Upkeep {
  const ownCheck = checkKey(randomUUID());

  /** Due records according to the index, which may lag, the longest due first. */
  async function* dueIn({ shard, lane }: DuePart, { now, limit }: { now: Date; limit: number }): DueRows {
    let first = BEFORE_ALL;
    for (;;) {
      const { items, isLast } = await table.query({
        IndexName: BY_DUE_TIME.name,
        KeyConditionExpression: `${BY_DUE_TIME.partition} = :shard AND ${BY_DUE_TIME.sort} BETWEEN :first AND :now`,
        ExpressionAttributeValues: {
          ':shard': { S: duePartition(shard, lane) },
          ':first': { S: first },
          ':now': { S: dueUntil(now) },
        },
        Limit: limit,
      });
      for (const item of items) {
        const dueSort = text(item, BY_DUE_TIME.sort);
        yield { pk: text(item, 'pk'), sk: text(item, 'sk') };
        first = `${dueSort}${BEHIND}`;
      }
      if (isLast || items.length === 0) return;
    }
  }

  return {
    shards,

    async due(now, limit, part) {
      const rows = dueIn(part, { now, limit });
      const due = new Map<string, Image>();
      while (due.size < limit) {
        const keys = await keysOf(rows, limit); // the total number, because many may not be for this version
        if (keys.length === 0) break;
        for (const item of await table.getMany(keys, 'strong')) {
          if (isNewer(item)) continue; // left to a process of that version
          const image = unreadable.leaveOut(idIn(item), () => imageOf(item));
          if (image && dueTime(image) <= now.getTime()) due.set(image.id, image);
        }
      }
      return [...due.values()].toSorted((a, b) => dueTime(a) - dueTime(b)).slice(0, limit);
    },

    async published(limit, after) {
      const walk = after === undefined ? { part: 0, after: undefined } : walkIn(after);
      const { index, partition } = partOf(walk.part);
      const { items, isLast } = await table.query({
        IndexName: index.name,
        KeyConditionExpression: `${index.partition} = :partition${walk.after === undefined ? '' : ` AND ${index.sort} > :after`}`,
        ExpressionAttributeValues: {
          ':partition': { S: partition },
          ...(walk.after !== undefined && { ':after': { S: walk.after } }),
        },
        Limit: limit,
      });
      const images: PublishedImage[] = [];
      const left: ImageId[] = [];
      const records = await table.getMany(items.map(keyOf), 'strong');
      for (const item of records.filter((one) => !isNewer(one))) {
        const image = unreadable.leaveOut(idIn(item), () => imageOf(item));
        if (image && isPublished(image)) images.push(image);
        else if (image && (countedAsIn(item) !== null || albumsListedIn(item) !== null)) left.push(image.id);
      }
      const last = items.at(-1);
      if (!isLast && last) return { images, left, next: `${walk.part} ${text(last, index.sort)}` };
      return { images, left, next: walk.part + 1 < 2 * shards ? `${walk.part + 1} ` : null };
    },

    /** DynamoDB removes items past their `ttl`. */
    async forget() {},

    async check(now) {
      const set = { [TTL_ATTRIBUTE]: { N: String(Math.ceil(now.getTime() / 1000) + CHECK_KEPT_SECONDS) } };
      await table.update({ key: ownCheck, set, remove: [] });
    },
  };
}

const keyOf = (item: Item): ItemKey => ({ pk: text(item, 'pk'), sk: text(item, 'sk') });

/** Where ready images are listed, and trashed ones among those with a removal ahead: two parts for each shard. */
const partOf = (part: number): { readonly index: IndexDefinition; readonly partition: string } => {
  const shard = Math.floor(part / 2);
  return part % 2 === 0
    ? { index: BY_SHARD, partition: shardPartition(shard, 'ready') }
    : { index: BY_DUE_TIME, partition: duePartition(shard, 'removal') };
};

/** `3 <sort key>`, and without a key at the beginning of a part. */
function walkIn(position: string): { readonly part: number; readonly after: string | undefined } {
  const [, part = '0', after] = /^(\d+) (.*)$/.exec(position) ?? [];
  return { part: Number(part), after: after === '' ? undefined : after };
}

const dueTime = (image: Image): number => dueAt(image)?.getTime() ?? Number.POSITIVE_INFINITY;

type DueRows = AsyncGenerator<ItemKey, void, void>;

const BEFORE_ALL = '0';
/** Sorts after the digits and letters of keys. */
const BEHIND = '~';

/** Up to this many; a lagging index may return one twice. */
async function keysOf(rows: DueRows, limit: number): Promise<ItemKey[]> {
  const keys = new Map<string, ItemKey>();
  while (keys.size < limit) {
    const row = await rows.next();
    if (row.done) break;
    keys.set(row.value.pk, row.value);
  }
  return [...keys.values()];
}
