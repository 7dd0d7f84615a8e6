import { dueAt, type Image } from '../../domain/image.ts';
import type { ImageRepository } from '../image-repository.ts';
import { text } from './attributes.ts';
import { failedConditions } from './fault.ts';
import { imageOf } from './image-item.ts';
import { attributesOfKey, duePartition, dueUntil, type ItemKey, leaseKey, sharedKey } from './item-keys.ts';
import { BY_DUE_TIME } from './schema.ts';
import type { Table } from './table.ts';

type Upkeep = Pick<ImageRepository, 'due' | 'holdLease' | 'purge' | 'check'>;

/** What the sweeper needs. `shards`: how many there are to look into. */
export function createUpkeep(table: Table, { shards }: { shards: number }): Upkeep {
  /** As the index knows them, which may lag behind: the longest due first. */
  async function dueIn(shard: number, now: Date, limit: number): Promise<{ key: ItemKey; dueSort: string }[]> {
    const { items } = await table.query({
      IndexName: BY_DUE_TIME.name,
      KeyConditionExpression: `${BY_DUE_TIME.partition} = :shard AND ${BY_DUE_TIME.sort} <= :now`,
      ExpressionAttributeValues: { ':shard': { S: duePartition(shard) }, ':now': { S: dueUntil(now) } },
      Limit: limit,
    });
    return items.map((item) => ({
      key: { pk: text(item, 'pk'), sk: text(item, 'sk') },
      dueSort: text(item, BY_DUE_TIME.sort),
    }));
  }

  return {
    async due(now, limit) {
      const shard = Array.from({ length: shards }, (_, number) => dueIn(number, now, limit));
      const longest = (await Promise.all(shard))
        .flat()
        .toSorted((a, b) => (a.dueSort < b.dueSort ? -1 : 1))
        .slice(0, limit);
      const keys = new Map(longest.map(({ key }) => [key.pk, key])); // an index that lags may show one twice
      const images = await table.getMany([...keys.values()], 'strong');
      return images
        .map(imageOf)
        .filter((image) => dueTime(image) <= now.getTime())
        .toSorted((a, b) => dueTime(a) - dueTime(b));
    },

    async holdLease({ name, holder, until }, now) {
      try {
        await table.put(
          {
            ...attributesOfKey(leaseKey(name)),
            holder: { S: holder },
            leaseUntil: { N: String(until.getTime()) },
          },
          {
            ConditionExpression: 'attribute_not_exists(pk) OR holder = :holder OR leaseUntil <= :now',
            ExpressionAttributeValues: { ':holder': { S: holder }, ':now': { N: String(now.getTime()) } },
          },
        );
        return true;
      } catch (error) {
        if (failedConditions(error)) return false;
        throw error;
      }
    },

    /** DynamoDB removes what is past its `ttl` by itself. */
    async purge() {},

    async check() {
      await table.put(attributesOfKey(sharedKey('check')));
    },
  };
}

const dueTime = (image: Image): number => dueAt(image)?.getTime() ?? Number.POSITIVE_INFINITY;
