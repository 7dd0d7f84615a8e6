import type { AppError } from '../../../domain/errors.ts';
import { externalIdTaken } from '../../../domain/external-id.ts';
import { formerIdTaken } from '../../../domain/former-id.ts';
import { type Image, isEnded } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { text } from '../../dynamodb/attributes.ts';
import { type Condition, IS_NEW } from '../../dynamodb/condition.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, externalIdKey, formerIdKey, type ItemKey, imageKey } from '../../dynamodb/item-keys.ts';
import { isNewer, newerRecord } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import { imageOf, isStill } from './image-item.ts';

/**
 * External and former ids: one item each, which names the image that has the id. It is put and deleted in the
 * transaction that writes the image's record.
 *
 * The record is the truth. A process of a version without such ids keeps the attribute and knows no item, so an image
 * that it ends leaves the item behind. A look-up therefore reads the record too, and a writer that meets such an item
 * takes it over: it repeats its write on the condition that item and record are still the ones that it has read.
 */
export interface TakenIds {
  findByExternalId(userId: string, externalId: string): Promise<Image | undefined>;
  findByFormerId(formerId: string): Promise<Image | undefined>;
  /** The writes for an image's change; `from` undefined: the image is new. */
  writesOf(from: Image | undefined, to: Image, known: KnownIds): IdWrites;
  /**
   * What to know for the next attempt; undefined: no condition of the writes failed. Errors: `external-id-taken`,
   * `former-id-taken`; `unavailable` if a newer version wrote the record of the image that the item names.
   */
  learn(to: Image, attempt: IdAttempt): Promise<KnownIds | undefined>;
}

type Kind = 'external' | 'former';

const byKind = <One>(of: (kind: Kind) => One): Readonly<Record<Kind, One>> => ({
  external: of('external'),
  former: of('former'),
});

/** An id that no other image has that hasn't ended. */
interface UniqueId {
  readonly key: ItemKey;
  /** What its item says besides its key and its image. */
  readonly beside: Item;
  readonly takenBy: (holder: Image) => AppError;
}

type IdsOf = Readonly<Record<Kind, UniqueId | undefined>>;

const idsOf = ({ userId, externalId, formerId }: Image): IdsOf => ({
  external:
    externalId === null
      ? undefined
      : {
          key: externalIdKey(userId, externalId),
          beside: {},
          takenBy: (holder) => externalIdTaken(externalId, holder),
        },
  former:
    formerId === null
      ? undefined
      : {
          key: formerIdKey(formerId),
          beside: { userId: { S: userId } }, // by which a deletion of the user finds it
          takenBy: (holder) => formerIdTaken(formerId, holder),
        },
});

/** What a writer has learnt about the ids that its write changes. */
export type KnownIds = Readonly<Record<Kind, KnownId>>;

interface KnownId {
  /** The image that the item of the new id names but that doesn't have the id. */
  readonly named: { readonly id: ImageId; readonly record: Item | undefined } | undefined;
  /** The item of the id before names another image. */
  readonly isReleased: boolean;
}

export const NOTHING_KNOWN: KnownIds = byKind(() => ({ named: undefined, isReleased: false }));

export type IdWrites = Readonly<Record<Kind, WritesOfId>>;

interface WritesOfId {
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

const NO_WRITES: WritesOfId = { claim: undefined, check: undefined, release: undefined };

export const listed = ({ external, former }: IdWrites): readonly Write[] => {
  const writes = [external, former].flatMap(({ claim, check, release }) => [claim, check, release]);
  return [...new Set(writes.filter((write) => write !== undefined))];
};

export function createTakenIds(table: Pick<Table, 'get'>, unreadable: UnreadableRecords): TakenIds {
  const recordOf = async (id: ImageId): Promise<{ item: Item | undefined; image: Image | undefined }> => {
    const item = await table.get(imageKey(id));
    return { item, image: item && unreadable.requireReadable(id, () => imageOf(item)) };
  };

  /** The image that the item names, unless it has the id. Errors: `external-id-taken`, `former-id-taken`. */
  async function notHolder(kind: Kind, wanted: UniqueId | undefined, id: ImageId): Promise<KnownId['named']> {
    const { item, image } = await recordOf(id);
    if (image && wanted && holds(image, kind, wanted.key)) throw wanted.takenBy(image);
    if (item && isNewer(item)) throw newerRecord(item);
    return { id, record: item };
  }

  async function find(kind: Kind, key: ItemKey): Promise<Image | undefined> {
    const item = await table.get(key);
    if (!item) return undefined;
    const { image } = await recordOf(imageIdIn(item));
    return image && holds(image, kind, key) ? image : undefined;
  }

  return {
    findByExternalId: (userId, externalId) => find('external', externalIdKey(userId, externalId)),
    findByFormerId: (formerId) => find('former', formerIdKey(formerId)),

    writesOf(from, to, known) {
      const checks = new Map<ImageId, Write>(); // a transaction has one action for each item
      const checkOf = ({ id, record }: NonNullable<KnownId['named']>): Write => {
        const check = checks.get(id) ?? { check: imageKey(id), condition: unchanged(record) };
        checks.set(id, check);
        return check;
      };
      const [before, after] = [from && idsOf(from), idsOf(to)];
      return byKind((kind) => {
        const [had, has] = [before?.[kind], after[kind]];
        if (had?.key.pk === has?.key.pk) return NO_WRITES;
        const { named, isReleased } = known[kind];
        return {
          claim: has && claimOf(has, to.id, named?.id),
          check: has && named && checkOf(named),
          release: had && !isReleased ? { delete: had.key, condition: names(to.id) } : undefined,
        };
      });
    },

    async learn(to, { writes, known, reasonOf }) {
      const reasonsOf = ({ claim, check, release }: WritesOfId) =>
        [claim, check, release].map((write) => write && reasonOf(write));
      const reasons = byKind((kind) => reasonsOf(writes[kind]));
      if ([...reasons.external, ...reasons.former].every((reason) => reason === undefined)) return undefined;
      const wanted = idsOf(to);
      const learnt = async (kind: Kind): Promise<KnownId> => {
        const [ofClaim, ofCheck, ofRelease] = reasons[kind];
        const named = ofClaim?.Item && (await notHolder(kind, wanted[kind], imageIdIn(ofClaim.Item)));
        return {
          named: named ?? (ofClaim || ofCheck ? undefined : known[kind].named),
          isReleased: known[kind].isReleased || ofRelease !== undefined,
        };
      };
      return { external: await learnt('external'), former: await learnt('former') };
    },
  };
}

const imageIdIn = (item: Item): ImageId => text(item, 'imageId') as ImageId;

const holds = (image: Image, kind: Kind, key: ItemKey): boolean =>
  !isEnded(image) && idsOf(image)[kind]?.key.pk === key.pk;

const claimOf = ({ key, beside }: UniqueId, id: ImageId, namedId: ImageId | undefined): Write => ({
  put: { ...attributesOfKey(key), imageId: { S: id }, ...beside },
  condition: names(id, namedId),
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
