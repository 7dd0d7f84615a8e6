import { text, time } from '../../dynamodb/attributes.ts';
import { type Condition, IS_NEW } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, ERASURES, type ItemKey } from '../../dynamodb/item-keys.ts';
import { rowsBetween } from '../../dynamodb/rows-between.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { ErasureRepository } from '../erasure-repository.ts';
import { deletionIn, deletionJson } from '../stored-deletion.ts';
import { erasureIn, erasureItem } from './erasure-item.ts';

/**
 * Erasures in one partition of the images' table. A block is an item of its own, so that erasures with many ids aren't
 * read for it.
 */
export function createDynamodbErasureRepository(table: Table): ErasureRepository {
  const keyNow = async (): Promise<string | undefined> => {
    const item = await table.get(itemKey(ERASURES.key));
    return item && text(item, 'key');
  };

  const below = (prefix: string): AsyncGenerator<Item> =>
    rowsBetween(table, ERASURES.partition, { from: prefix, to: `${prefix}${BEHIND}` });

  return {
    key: keyNow,

    async addKey(key) {
      const item = { ...attributesOfKey(itemKey(ERASURES.key)), key: { S: key } };
      if (await isWritten(table.put(item, IS_NEW))) return key;
      return (await keyNow()) ?? key;
    },

    async add(erasure) {
      const { userHash, blockedUntil } = erasure;
      const until = String(blockedUntil.getTime());
      const block = {
        ...attributesOfKey(itemKey(`${ERASURES.blocks}${userHash}`)),
        blockedUntil: { N: until },
        [TTL_ATTRIBUTE]: { N: String(Math.ceil(blockedUntil.getTime() / 1000)) },
      };
      await isWritten(table.put(block, isEarlier(until))); // first: an erasure without its block would let the user in
      return isWritten(table.put(erasureItem(erasure), IS_NEW));
    },

    of: (userHash) => Array.fromAsync(below(`${ERASURES.parts}${userHash}#`), erasureIn),

    async *all() {
      for await (const item of below(ERASURES.parts)) yield erasureIn(item);
    },

    async blocks(now) {
      const until = new Map<string, Date>();
      for await (const item of below(ERASURES.blocks)) {
        const ends = time(item, 'blockedUntil');
        if (ends > now) until.set(text(item, 'sk').slice(ERASURES.blocks.length), ends);
      }
      const key = until.size > 0 ? await keyNow() : undefined;
      return key === undefined ? undefined : { key, until };
    },

    async deletion(userHash) {
      const item = await table.get(itemKey(`${ERASURES.deletions}${userHash}`));
      return item && deletionIn(userHash, text(item, 'deletion'));
    },

    async putDeletion(deletion) {
      const key = attributesOfKey(itemKey(`${ERASURES.deletions}${deletion.userHash}`));
      await table.put({ ...key, deletion: { S: deletionJson(deletion) } });
    },

    async openDeletions() {
      const all = await Array.fromAsync(below(ERASURES.deletions), (item) =>
        deletionIn(text(item, 'sk').slice(ERASURES.deletions.length), text(item, 'deletion')),
      );
      return all.filter(({ endedAt }) => endedAt === null);
    },
  };
}

/** Sorts after hex digits and `#`. */
const BEHIND = '~';

const itemKey = (sk: string): ItemKey => ({ pk: ERASURES.partition, sk });

const isEarlier = (until: string): Condition => ({
  ConditionExpression: 'attribute_not_exists(pk) OR blockedUntil < :until',
  ExpressionAttributeValues: { ':until': { N: until } },
});
