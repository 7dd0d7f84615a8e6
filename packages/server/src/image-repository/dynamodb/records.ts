import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { tokenUsedUp } from '../../domain/access/upload-token.ts';
import type { Image } from '../../domain/image/image.ts';
import type { ImageRepository } from '../image-repository.ts';
import { requireLegal } from '../replacement.ts';
import type { UnreadableRecords } from '../unreadable-records.ts';
import { type Condition, IS_NEW } from './condition.ts';
import { type FacetChanges, facetChanges } from './facets.ts';
import { failedConditions } from './fault.ts';
import {
  IMAGE_ATTRIBUTES,
  type Item,
  idIn,
  imageOf,
  itemOf,
  placementIn,
  VERSION_ATTRIBUTES,
  writeIdIn,
} from './image-item.ts';
import { attributesOfKey, imageKey } from './item-keys.ts';
import { updateTo } from './item-update.ts';
import { isSamePlacement, type Placement, type PlacementRule, placementOf } from './placement.ts';
import { isNewer, newerRecord, unlessNewer } from './schema-version.ts';
import type { Table, Write } from './table.ts';
import { countedUse } from './token-uses.ts';

export interface RecordsOptions {
  readonly rule: PlacementRule;
  readonly newWriteId: () => string;
  readonly unreadable: UnreadableRecords;
}

/** Our guess, the record's placement, and once more if a backfill added facets for lists over all owners meanwhile. */
const PLACEMENTS_TRIED = 3;

/** Image records. A transition is one write, in a transaction with its facets if it has any. */
export function createRecords(
  table: Table,
  { rule, newWriteId, unreadable }: RecordsOptions,
): Pick<ImageRepository, 'create' | 'get' | 'getToChange' | 'replace'> {
  /** The current record if it isn't `from`, or null if it is missing; undefined after `to` was written. */
  async function write(from: Image, to: Image, placement: Placement): Promise<Item | null | undefined> {
    const writeId = newWriteId();
    const condition = isStill(itemOf(from, { placement, writeId }));
    const update = updateTo(itemOf(to, { placement, writeId }), { known: IMAGE_ATTRIBUTES, condition });
    const changes = facetChanges(from, to, placement);
    try {
      if (isNone(changes)) await table.update(update);
      else await table.transact([{ update }, ...writesOf(changes)], writeId);
      return undefined;
    } catch (error) {
      const item = itemInTheWay(error);
      if (item && isNewer(item)) throw newerRecord(item);
      return item && writeIdIn(item) === writeId ? undefined : item;
    }
  }

  const readable = (item: Item | undefined): Image | undefined =>
    item && unreadable.requireReadable(idIn(item), () => imageOf(item));

  return {
    async create(image, tokenUse) {
      const writeId = newWriteId();
      try {
        const put = itemOf(image, { placement: placementOf(image.id, rule), writeId });
        if (tokenUse) await table.transact([{ put, condition: IS_NEW }, countedUse(tokenUse)], writeId);
        else await table.put(put, IS_NEW);
        return true;
      } catch (error) {
        const [ofImage, ofToken] = failedConditions(error) ?? [];
        if (tokenUse && ofToken && !ofImage) throw tokenUsedUp(tokenUse);
        const item = itemInTheWay(error);
        return item !== null && writeIdIn(item) === writeId;
      }
    },

    async get(id) {
      return readable(await table.get(imageKey(id)));
    },

    async getToChange(id) {
      const item = await table.get(imageKey(id));
      if (item && isNewer(item)) throw newerRecord(item);
      return readable(item);
    },

    async replace(from, to) {
      requireLegal(from, to);
      let placement = placementOf(from.id, rule);
      for (let guess = 1; guess <= PLACEMENTS_TRIED; guess += 1) {
        const item = await write(from, to, placement);
        if (item === undefined) return true;
        if (item === null) return false;
        const actual = from.status === 'ready' ? placementIn(item) : { ...placement, shard: placementIn(item).shard };
        if (isSamePlacement(actual, placement)) return false;
        placement = actual; // it was created under another setting
      }
      return false;
    },
  };
}

/** The item on which the first condition failed; null if there is none. Other errors are rethrown. */
export function itemInTheWay(error: unknown): Item | null {
  const failed = failedConditions(error)?.[0];
  if (failed === undefined) throw error;
  return failed.Item ?? null;
}

/** The condition that the record has all attributes by which writers recognize it, and isn't of a newer version. */
export function isStill(item: Item): Condition {
  const values: Record<string, AttributeValue> = {};
  const terms = VERSION_ATTRIBUTES.map((name) => {
    const value = item[name];
    if (value === undefined) return `attribute_not_exists(#${name})`;
    values[`:${name}`] = value;
    return `#${name} = :${name}`;
  });
  return unlessNewer({
    ConditionExpression: terms.join(' AND '),
    ExpressionAttributeNames: NAMES,
    ExpressionAttributeValues: values,
  });
}

/** Some are reserved words of DynamoDB. */
const NAMES = Object.fromEntries(VERSION_ATTRIBUTES.map((name) => [`#${name}`, name]));

const isNone = ({ added, removed }: FacetChanges): boolean => added.length + removed.length === 0;

const writesOf = ({ added, removed }: FacetChanges): Write[] => [
  ...added.map((key) => ({ put: attributesOfKey(key) })),
  ...removed.map((key) => ({ delete: key })),
];
