import { tokenUsedUp } from '../../domain/access/upload-token.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ImageRepository, KeyUse } from '../image-repository.ts';
import { requireSameKey } from '../replacement.ts';
import { optionalInteger, text, time } from './attributes.ts';
import { type Condition, IS_NEW } from './condition.ts';
import { failedConditions } from './fault.ts';
import { type Item, itemOf, writeIdIn } from './image-item.ts';
import { attributesOfKey, keyUseKey } from './item-keys.ts';
import { updateTo } from './item-update.ts';
import { placementOf } from './placement.ts';
import { itemInTheWay, type RecordsOptions } from './records.ts';
import { TTL_ATTRIBUTE } from './schema.ts';
import { isNewer, newerRecord, unlessNewer, VERSIONED } from './schema-version.ts';
import type { Table } from './table.ts';
import { countedUse } from './token-uses.ts';

/** Uses of Idempotency-Keys. A freed key is stored as a use that expired long ago, so that its writer recognizes its write. */
export function createKeyUses(
  table: Table,
  { rule, newWriteId }: Pick<RecordsOptions, 'rule' | 'newWriteId'>,
): Pick<ImageRepository, 'useKey' | 'replaceKeyUse'> {
  return {
    async useKey(use, now, image, tokenUse) {
      const writeId = newWriteId();
      const put = itemOfUse(use, writeId);
      const condition = isFreeAt(now);
      try {
        if (!image) {
          await table.put(put, condition);
          return undefined;
        }
        const record = itemOf(image, { placement: placementOf(image.id, rule), writeId });
        await table.transact(
          [{ put, condition }, { put: record, condition: IS_NEW }, ...(tokenUse ? [countedUse(tokenUse)] : [])],
          writeId,
        );
        return undefined;
      } catch (error) {
        const [ofUse, ofImage, ofToken] = failedConditions(error) ?? [];
        if (ofUse?.Item?.['writeId']?.S === writeId) return undefined;
        if (ofUse?.Item) return standing(use, ofUse.Item, now);
        if (ofToken && tokenUse) throw tokenUsedUp(tokenUse);
        if (ofImage && image) throw new Error(`new image id ${image.id} is taken`, { cause: error });
        throw error;
      }
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

/** The existing use of a key. Errors: `unavailable` if a newer version's can't be read or replaced. */
const standing = (use: KeyUse, item: Item, now: Date): KeyUse => {
  if (!isNewer(item)) return useIn(use, item);
  try {
    const found = useIn(use, item);
    if (found.expiresAt > now) return found;
  } catch {}
  throw newerRecord(item);
};

const useIn = ({ userId, key }: KeyUse, item: Item): KeyUse => {
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
