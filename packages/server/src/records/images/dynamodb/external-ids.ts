import { externalIdTaken } from '../../../domain/external-id.ts';
import { type Image, isEnded } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { text } from '../../dynamodb/attributes.ts';
import { type Condition, IS_NEW } from '../../dynamodb/condition.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, externalIdKey, imageKey } from '../../dynamodb/item-keys.ts';
import { isNewer, newerRecord } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import { imageOf, isStill } from './image-item.ts';

/**
 * External ids: one item each, which names the image that has the id. It is put and deleted in the transaction that
 * writes the image's record.
 *
 * The record is the truth. A process of a version without external ids keeps the attribute and knows no item, so an
 * image that it ends leaves the item behind. A look-up therefore reads the record too, and a writer that meets such an
 * item takes it over: it repeats its write on the condition that item and record are still the ones that it has read.
 */
export interface ExternalIds {
  find(userId: string, externalId: string): Promise<Image | undefined>;
  /** The writes for an image's change; `from` undefined: the image is new. */
  writesOf(from: Image | undefined, to: Image, known: KnownIds): IdWrites;
  /**
   * What to know for the next attempt; undefined: no condition of the writes failed. Errors: `external-id-taken`;
   * `unavailable` if a newer version wrote the record of the image that the item names.
   */
  learn(to: Image, attempt: IdAttempt): Promise<KnownIds | undefined>;
}

/** What a writer has learnt about the ids that its write changes. */
export interface KnownIds {
  /** The image that the item of the new id names but that doesn't have the id. */
  readonly former: { readonly id: ImageId; readonly record: Item | undefined } | undefined;
  /** The item of the former id names another image. */
  readonly isReleased: boolean;
}

export const NOTHING_KNOWN: KnownIds = { former: undefined, isReleased: false };

export interface IdWrites {
  readonly claim: Write | undefined;
  /** The image from which the id is taken over is unchanged. */
  readonly check: Write | undefined;
  readonly release: Write | undefined;
}

export interface IdAttempt {
  readonly writes: IdWrites;
  readonly known: KnownIds;
  /** Why a write failed; undefined: it didn't. */
  readonly reasonOf: (write: Write) => { readonly Item?: Item | undefined } | undefined;
}

const NO_WRITES: IdWrites = { claim: undefined, check: undefined, release: undefined };

export const listed = ({ claim, check, release }: IdWrites): readonly Write[] =>
  [claim, check, release].filter((write) => write !== undefined);

export function createExternalIds(table: Pick<Table, 'get'>, unreadable: UnreadableRecords): ExternalIds {
  const recordOf = async (id: ImageId): Promise<{ item: Item | undefined; image: Image | undefined }> => {
    const item = await table.get(imageKey(id));
    return { item, image: item && unreadable.requireReadable(id, () => imageOf(item)) };
  };

  /** The image that the item names, unless it has the id. Errors: `external-id-taken`. */
  async function formerHolder(to: Image, id: ImageId): Promise<KnownIds['former']> {
    const { item, image } = await recordOf(id);
    if (image && to.externalId !== null && holds(image, to.userId, to.externalId))
      throw externalIdTaken(to.externalId, image);
    if (item && isNewer(item)) throw newerRecord(item);
    return { id, record: item };
  }

  return {
    async find(userId, externalId) {
      const item = await table.get(externalIdKey(userId, externalId));
      if (!item) return undefined;
      const { image } = await recordOf(imageIdIn(item));
      return image && holds(image, userId, externalId) ? image : undefined;
    },

    writesOf(from, to, { former, isReleased }) {
      if ((from?.externalId ?? null) === to.externalId) return NO_WRITES;
      const claim = to.externalId === null ? undefined : claimOf(to, to.externalId, former?.id);
      const check = claim && former && { check: imageKey(former.id), condition: unchanged(former.record) };
      if (!from || from.externalId === null || isReleased) return { claim, check, release: undefined };
      return {
        claim,
        check,
        release: { delete: externalIdKey(from.userId, from.externalId), condition: names(from.id) },
      };
    },

    async learn(to, { writes: { claim, check, release }, known, reasonOf }) {
      const [ofClaim, ofCheck, ofRelease] = [claim, check, release].map((write) => write && reasonOf(write));
      if (!ofClaim && !ofCheck && !ofRelease) return undefined;
      const former = ofClaim?.Item && (await formerHolder(to, imageIdIn(ofClaim.Item)));
      return {
        former: former ?? (ofClaim || ofCheck ? undefined : known.former),
        isReleased: known.isReleased || ofRelease !== undefined,
      };
    },
  };
}

const imageIdIn = (item: Item): ImageId => text(item, 'imageId') as ImageId;

const holds = (image: Image, userId: string, externalId: string): boolean =>
  !isEnded(image) && image.userId === userId && image.externalId === externalId;

const claimOf = ({ id, userId }: Image, externalId: string, formerId: ImageId | undefined): Write => ({
  put: { ...attributesOfKey(externalIdKey(userId, externalId)), imageId: { S: id } },
  condition: names(id, formerId),
});

/** The item names one of these images, or there is none. */
function names(...ids: readonly (ImageId | undefined)[]): Condition {
  const known = ids.filter((id) => id !== undefined);
  return {
    ConditionExpression: `attribute_not_exists(pk) OR imageId IN (${known.map((_, n) => `:id${n}`)})`,
    ExpressionAttributeValues: Object.fromEntries(known.map((id, n) => [`:id${n}`, { S: id }])),
  };
}

const unchanged = (record: Item | undefined): Condition => (record ? isStill(record) : IS_NEW);
