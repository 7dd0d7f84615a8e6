import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KeyId } from '../../../domain/access/api-key-text.ts';
import { withoutUser } from '../../../domain/user/keys-of-user.ts';
import { CHANGED, retryWhileChanged } from '../../../flow/retry-while-changed.ts';
import { text } from '../../dynamodb/attributes.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  ALBUMS,
  apiKeyKey,
  FORMER_IDS,
  type ItemKey,
  imageKey,
  ownerKey,
  prefixesOfUser,
  tokenUsesKey,
} from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import { keyIn } from '../../keys/dynamodb/key-item.ts';
import { toStored } from '../../keys/stored-key.ts';
import { usageKeysOf } from '../../usage/dynamodb/usage-item.ts';
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
  /** The keys of the items with those prefixes. */
  const below = async (
    prefixes: readonly string[],
    isMeant: (item: Item) => boolean = () => true,
  ): Promise<ItemKey[]> => {
    const found: ItemKey[] = [];
    for await (const items of scanItems(client, { table: name, prefixes }))
      for (const item of items) if (isMeant(item)) found.push({ pk: text(item, 'pk'), sk: text(item, 'sk') });
    return found;
  };

  const removeAll = async (keys: readonly ItemKey[]): Promise<void> => {
    for (let start = 0; start < keys.length; start += BATCH)
      await table.transact(
        keys.slice(start, start + BATCH).map((key) => ({ delete: key })),
        randomUUID(),
      );
  };

  /**
   * Takes the user out of the key as it is now: the deletion of another user may have changed or removed the key since
   * it was found.
   */
  const takeOut = (id: KeyId, userId: string): Promise<'keys' | 'keysChanged' | 'absent'> =>
    retryWhileChanged(async () => {
      const item = await table.get(apiKeyKey(id));
      if (!item) return 'absent';
      const key = keyIn(item);
      const left = withoutUser(key, userId);
      if (left === key) return 'keysChanged'; // by an attempt of this call whose answer was lost
      if (!left) {
        await table.delete(apiKeyKey(id));
        return 'keys';
      }
      const { actsAs } = toStored(left);
      const change = actsAs === null ? { set: {}, remove: ['actsAs'] } : { set: { actsAs: { S: actsAs } }, remove: [] };
      const write = table.update({ key: apiKeyKey(id), ...change, condition: actsStillAs(item) });
      return (await isWritten(write)) ? 'keysChanged' : CHANGED;
    });

  return {
    countKeyUses: async (userId) => (await below([prefixesOfUser(userId).keyUses])).length,

    async remove({ userId, imageIds, tokenIds, keys }) {
      const removed = { keys: 0, keysChanged: 0, tokenCounts: 0, keyUses: 0 };
      const counted = await table.getMany(tokenIds.map(tokenUsesKey), 'strong');
      removed.tokenCounts = counted.length;
      await removeAll(tokenIds.map(tokenUsesKey)); // before the images, which alone name the tokens
      await removeAll(imageIds.map(imageKey));
      for (const key of keys) {
        const outcome = await takeOut(key.id, userId);
        if (outcome !== 'absent') removed[outcome] += 1;
      }
      await removeAll([...usageKeysOf(userId), ownerKey(userId)]);
      const { keyUses, revocations, facets, albumRows, albumCounts, ...rest } = prefixesOfUser(userId);
      // Counts by month, and of albums. Facets of a process that died while it backfilled them. External and
      // former ids, details and rows of albums of images that an older process ended.
      const prefixes = [keyUses, revocations, ...facets, albumRows, albumCounts, rest.externalIds, rest.details];
      const ofAll = [ALBUMS, FORMER_IDS];
      const isOfUser = (item: Item) =>
        !ofAll.some((prefix) => text(item, 'pk').startsWith(prefix)) || item['userId']?.S === userId;
      const others = await below([...prefixes, rest.months, ...ofAll], isOfUser);
      removed.keyUses = others.filter(({ pk }) => pk.startsWith(keyUses)).length;
      await removeAll(others);
      return removed;
    },

    async scrub() {},
  };
}

/** Fails for an item that is gone, too: an update would make a new one, which is no key. */
const actsStillAs = ({ actsAs = { NULL: true } }: Item): Condition => ({
  ConditionExpression: 'actsAs = :was',
  ExpressionAttributeValues: { ':was': actsAs },
});
