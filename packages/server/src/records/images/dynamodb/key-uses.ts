import type { ImageId } from '../../../domain/image/image-id.ts';
import { optionalInteger, text, time } from '../../dynamodb/attributes.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import { itemInTheWay } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, keyUseKey } from '../../dynamodb/item-keys.ts';
import { updateTo } from '../../dynamodb/item-update.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord, unlessNewer, VERSIONED } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { ImageRepository, KeyUse } from '../image-repository.ts';
import { requireSameKey } from '../replacement.ts';
import { writeIdIn } from './image-item.ts';
import type { RecordsOptions } from './records.ts';

/**
 * Uses of Idempotency-Keys. A freed key is stored as a use that expired long ago, so that its writer recognizes its
 * write.
 */
export function createKeyUses(
  table: Table,
  { newWriteId, add }: Pick<RecordsOptions, 'newWriteId' | 'add'>,
): Pick<ImageRepository, 'useKey' | 'findKeyUse' | 'replaceKeyUse'> {
  return {
    async useKey(use, now, image, tokenUse) {
      const condition = isFreeAt(now);
      const judged = (ofUse: Item | undefined, writeId: string): KeyUse | undefined =>
        ofUse && writeIdIn(ofUse) !== writeId ? standing(use, ofUse, now) : undefined;
      if (image) {
        const first = (writeId: string): Write => ({ put: itemOfUse(use, writeId), condition });
        const failed = await add({ image, use: tokenUse, first });
        if (failed?.ofRecord && !failed.ofFirst) throw new Error(`new image id ${image.id} is taken`);
        return failed && judged(failed.ofFirst?.Item, failed.writeId);
      }
      const writeId = newWriteId();
      try {
        await table.put(itemOfUse(use, writeId), condition);
        return undefined;
      } catch (error) {
        const item = itemInTheWay(error);
        if (!item) throw error;
        return judged(item, writeId);
      }
    },

    async findKeyUse(of, now) {
      const item = await table.get(keyUseKey(of.userId, of.key));
      const isFree = !item || Number(item['expiresAt']?.N) <= now.getTime();
      return isFree ? undefined : standing(of, item, now);
    },

    async replaceKeyUse(from, to) {
      if (to) requireSameKey(from, to);
      const writeId = newWriteId();
      try {
        const item = to ? itemOfUse(to, writeId) : freed(from, writeId);
        await table.update(updateTo(item, { known: USE_ATTRIBUTES, condition: isStillUse(from) }));
        return true;
      } catch (error) {
        const item = itemInTheWay(error);
        if (item !== null && isNewer(item)) throw newerRecord(item);
        return item !== null && writeIdIn(item) === writeId;
      }
    },
  };
}

/** Every attribute of a use in this version, except its key. */
const USE_ATTRIBUTES = [
  'expiresAt',
  TTL_ATTRIBUTE,
  'schemaVersion',
  'writeId',
  'fingerprint',
  'imageId',
  'leaseUntil',
] as const satisfies readonly string[];

const itemOfUse = ({ userId, key, fingerprint, imageId, leaseUntil, expiresAt }: KeyUse, writeId: string): Item => ({
  ...attributesOfKey(keyUseKey(userId, key)),
  ...untilThen(expiresAt),
  writeId: { S: writeId },
  fingerprint: { S: fingerprint },
  imageId: { S: imageId },
  ...(leaseUntil && { leaseUntil: { N: String(leaseUntil.getTime()) } }),
});

/** Removed when the use would have been: DynamoDB never removes items that ended more than five years ago. */
const freed = ({ userId, key, expiresAt }: KeyUse, writeId: string): Item => ({
  ...attributesOfKey(keyUseKey(userId, key)),
  ...untilThen(expiresAt),
  expiresAt: { N: '0' },
  writeId: { S: writeId },
});

const untilThen = (expiresAt: Date): Item => ({
  ...VERSIONED,
  expiresAt: { N: String(expiresAt.getTime()) },
  [TTL_ATTRIBUTE]: { N: String(Math.ceil(expiresAt.getTime() / 1000)) },
});

const isFreeAt = (now: Date): Condition =>
  unlessNewer({
    ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
    ExpressionAttributeValues: { ':now': { N: String(now.getTime()) } },
  });

const isStillUse = ({ fingerprint, imageId, leaseUntil }: KeyUse): Condition =>
  unlessNewer({
    ConditionExpression: `fingerprint = :fingerprint AND imageId = :imageId AND ${
      leaseUntil ? 'leaseUntil = :leaseUntil' : 'attribute_not_exists(leaseUntil)'
    }`,
    ExpressionAttributeValues: {
      ':fingerprint': { S: fingerprint },
      ':imageId': { S: imageId },
      ...(leaseUntil && { ':leaseUntil': { N: String(leaseUntil.getTime()) } }),
    },
  });

type KeyName = Pick<KeyUse, 'userId' | 'key'>;

/** The existing use of a key. Errors: `unavailable` if a newer version's can't be read or replaced. */
const standing = (use: KeyName, item: Item, now: Date): KeyUse => {
  if (!isNewer(item)) return useIn(use, item);
  try {
    const found = useIn(use, item);
    if (found.expiresAt > now) return found;
  } catch {}
  throw newerRecord(item);
};

const useIn = ({ userId, key }: KeyName, item: Item): KeyUse => {
  const leaseUntil = optionalInteger(item, 'leaseUntil');
  return {
    userId,
    key,
    fingerprint: text(item, 'fingerprint'),
    imageId: text(item, 'imageId') as ImageId,
    leaseUntil: leaseUntil === null ? null : new Date(leaseUntil),
    expiresAt: time(item, 'expiresAt'),
  };
};
