import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { withoutUser } from '../../domain/user/keys-of-user.ts';
import { text } from '../../image-repository/dynamodb/attributes.ts';
import {
  apiKeyKey,
  type ItemKey,
  imageKey,
  ownerKey,
  prefixesOfUser,
  tokenUsesKey,
} from '../../image-repository/dynamodb/item-keys.ts';
import type { Table } from '../../image-repository/dynamodb/table.ts';
import { usageKeysOf } from '../../image-repository/dynamodb/usage/usage-item.ts';
import { toStored } from '../../key-repository/stored-key.ts';
import type { UserRecords } from '../user-records.ts';
import { scanItems } from './scan.ts';

/** Items of one transaction: at most 100 (DynamoDB's limit). */
const BATCH = 50;

export interface DynamodbUserRecordsOptions {
  /** From `createScanningClient`. */
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly table: Table;
}

/** The records of a user in the table, for any number of processes beside. */
export function createDynamodbUserRecords({ client, name, table }: DynamodbUserRecordsOptions): UserRecords {
  /** The keys of the user's items with that prefix. */
  const below = async (prefixes: readonly string[]): Promise<ItemKey[]> => {
    const found: ItemKey[] = [];
    for await (const items of scanItems(client, { table: name, prefixes }))
      for (const item of items) found.push({ pk: text(item, 'pk'), sk: text(item, 'sk') });
    return found;
  };

  const removeAll = async (keys: readonly ItemKey[]): Promise<void> => {
    for (let start = 0; start < keys.length; start += BATCH)
      await table.transact(
        keys.slice(start, start + BATCH).map((key) => ({ delete: key })),
        randomUUID(),
      );
  };

  return {
    countKeyUses: async (userId) => (await below([prefixesOfUser(userId).keyUses])).length,

    async remove({ userId, imageIds, tokenIds, keys }) {
      const removed = { keys: 0, keysChanged: 0, tokenCounts: 0, keyUses: 0 };
      await removeAll(imageIds.map(imageKey));
      for (const key of keys) {
        const left = withoutUser(key, userId);
        if (left === key) continue;
        if (left) {
          const set = { actsAs: { S: toStored(left).actsAs ?? '' } };
          await table.update({ key: apiKeyKey(key.id), set, remove: [] });
        } else await removeAll([apiKeyKey(key.id)]);
        removed[left ? 'keysChanged' : 'keys'] += 1;
      }
      const counted = await table.getMany(tokenIds.map(tokenUsesKey), 'strong');
      removed.tokenCounts = counted.length;
      await removeAll(tokenIds.map(tokenUsesKey));
      await removeAll([...usageKeysOf(userId), ownerKey(userId)]);
      const { keyUses, facets } = prefixesOfUser(userId);
      const others = await below([keyUses, ...facets]); // facets of a process that died while it backfilled them
      removed.keyUses = others.filter(({ pk }) => pk.startsWith(keyUses)).length;
      await removeAll(others);
      return removed;
    },

    async scrub() {},
  };
}
